/* SPDX-License-Identifier: MIT */
/* output.h - writing a command's result to a file, a device or stdout */
#ifndef STOREBOOT_HOST_LIB_OUTPUT_H
#define STOREBOOT_HOST_LIB_OUTPUT_H

#include <stdbool.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

/* Is the open file an earlier output of the same kind? Only then is a regular file that is not
 * empty overwritten. */
typedef bool output_is_own(int fd);

/* Does the file start with text? */
bool output_begins(int fd, const char *text);

/*
 * Writes b to path; NULL or "-": stdout (escapes_write). A regular file is replaced as a whole or
 * not at all; a link to it is followed. Anything else (/dev/null, a pipe) is written to; a FIFO
 * must already have a reader. A slow reader is waited for until a signal comes, even if the run has
 * blocked it. what: for messages, such as "the initramfs". Returns 0 or -errno with e
 * (EXIT_BAD_INPUT); -EEXIST if own rejects the file.
 */
_must_check_ int output_write(const char *path, const struct buf *b, const char *what,
			      output_is_own *own, struct err *e);

/* Checks in advance that output_write can be expected to succeed, for results that take long to
 * make. Returns as output_write. */
_must_check_ int output_check(const char *path, const char *what, output_is_own *own,
			      struct err *e);

/*
 * Prepares a file that is written while a run lasts: locks it until fd is closed, so that no other
 * run truncates it, and truncates it. Does nothing if it is not a regular file, and no locking if
 * the file system has no locks. Returns 0, -EBUSY if another run uses the file as output or disk,
 * -EEXIST if own rejects the file, or another -errno.
 */
_must_check_ int output_take_over(int fd, output_is_own *own);

/* The text for a failure of these functions, or of opening path for writing with O_NONBLOCK. err:
 * errno. */
const char *output_why(const char *path, int err);

#endif
