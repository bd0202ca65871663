/* SPDX-License-Identifier: MIT */
/* output.h - where a command's result goes: a file, a device or stdout */
#ifndef STOREBOOT_HOST_LIB_OUTPUT_H
#define STOREBOOT_HOST_LIB_OUTPUT_H

#include <stdbool.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

/*
 * One rule for all outputs: a regular file that is not empty is written over only if it is an
 * earlier output of the same kind. This says whether the open file is one.
 */
typedef bool output_is_own(int fd);

/* Does the file begin with that text? */
bool output_begins(int fd, const char *text);

/*
 * Writes b to path; NULL or "-": to stdout. A file appears or changes whole or not at all, through
 * a link and not over it; what is no regular file (/dev/null, a pipe) is written to and stays what
 * it is; a FIFO must have its reader already. One that reads slowly is waited for until a signal
 * comes, also where a run has blocked that. what: for the message, as "the initramfs". Returns 0 or
 * -errno with e (EXIT_BAD_INPUT); -EEXIST: own does not know the file.
 */
_must_check_ int output_write(const char *path, const struct buf *b, const char *what,
			      output_is_own *own, struct err *e);

/* Whether that is to be expected, for what is written when much else is done. Returns as it does.
 */
_must_check_ int output_check(const char *path, const char *what, output_is_own *own,
			      struct err *e);

/*
 * For a file that is written to while a run lasts: locked until fd is closed, so that no other run
 * empties it, then emptied. What is no regular file is left as it is, and where there are no locks
 * there is none. Returns 0, or -errno: -EBUSY, another run writes it, or it is a disk that one has;
 * -EEXIST, own does not know it.
 */
_must_check_ int output_take_over(int fd, output_is_own *own);

/* What a message says where opening path to write, with O_NONBLOCK, or one of these failed: err is
 * errno. */
const char *output_why(const char *path, int err);

#endif
