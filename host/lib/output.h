/* SPDX-License-Identifier: MIT */
/* output.h - writing a command's result to a file, a device or stdout */
#ifndef STOREBOOT_HOST_LIB_OUTPUT_H
#define STOREBOOT_HOST_LIB_OUTPUT_H

#include <stdbool.h>

#include "host/lib/place.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

/* Is the open file an earlier output of the same kind? Only then is a regular file that is not
 * empty overwritten. */
typedef bool output_is_own(int fd);

/* Does the file start with text? */
bool output_begins(int fd, const char *text);

/* An output from its check to its end. */
struct output {
	struct place place; /* place.dir is -1: none */
	const char *path;   /* as given; NULL: stdout */
	const char *what;   /* for messages, such as "the initramfs" */
	output_is_own *own;
	bool is_device; /* a device or a pipe, or a descriptor; written to, not replaced */
};

#define OUTPUT_INIT \
	{ \
		.place = PLACE_INIT \
	}

/*
 * Finds where an output goes, and checks that it can be expected to succeed. NULL or "-" is stdout.
 * Opens the file's folder; follows no link that a guest can have made (place.h). path and what must
 * outlive ret. Returns 0, or -errno with e (EXIT_BAD_INPUT); -EEXIST if own rejects the file. Call
 * output_close in both cases.
 */
_must_check_ int output_open(const char *path, const char *what, output_is_own *own,
			     struct output *ret, struct err *e);

/*
 * Writes b to the output. A regular file in the folder that output_open opened is replaced as a
 * whole or not at all; a link there is not followed. stdout: as escapes_write. Anything else
 * (/dev/null, a pipe) is written to; a FIFO must already have a reader. A slow reader is waited for
 * until a signal comes, even if the run has blocked it. Returns as output_open.
 */
_must_check_ int output_finish(const struct output *o, const struct buf *b, struct err *e);

void output_close(struct output *o);

/*
 * Prepares a file that is written while a run lasts: locks it until fd is closed, so that no other
 * run truncates it, and truncates it. Does nothing if it is not a regular file, and no locking if
 * the file system has no locks. Returns 0, -EBUSY if another run uses the file as output or disk,
 * -EEXIST if own rejects the file, or another -errno.
 */
_must_check_ int output_take_over(int fd, output_is_own *own);

/* The text for a failure of these functions, or of place_open_path for writing with O_NONBLOCK.
 * err: errno. */
const char *output_why(const char *path, int err);

#endif
