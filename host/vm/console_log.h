/* SPDX-License-Identifier: MIT */
/* console_log.h - the guest's console output in a file that does not grow without end */
#ifndef STOREBOOT_HOST_CONSOLE_LOG_H
#define STOREBOOT_HOST_CONSOLE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "init/lib/err.h"

#define CONSOLE_LOG_MIN 65536 /* the least limit, in bytes */
#define CONSOLE_LOG_MARK 64   /* bytes of its beginning by which a log is known again */

struct console_log {
	int fd; /* -1: nobody asked for it, or the file failed; then all of this does nothing */
	bool bounded;	   /* a regular file; a pipe or a device has no beginning to go back to */
	uint64_t max;	   /* bytes */
	uint64_t len;	   /* of the file now */
	uint64_t line_len; /* of the line that says what is left out */
	uint64_t left_out; /* bytes that are gone from the middle */
	char mark[CONSOLE_LOG_MARK]; /* how it began */
	size_t mark_len;
};

#define CONSOLE_LOG_INIT \
	{ \
		.fd = -1 \
	}

/* Creates the file, or empties it if it is an earlier console log. max: at least CONSOLE_LOG_MIN.
 * Returns 0 or -errno with e. */
_must_check_ int console_log_open(struct console_log *log, const char *path, uint64_t max,
				  struct err *e);

/*
 * Adds what the guest said, as it said it. Where the file would grow over max it keeps its first
 * half and the last quarter's worth of what came; one line between the two says how much is left
 * out. A failure is told of once, and the run goes on without the log.
 */
void console_log_add(struct console_log *log, const char *data, size_t len);

void console_log_close(struct console_log *log);

#endif
