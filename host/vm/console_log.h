/* SPDX-License-Identifier: MIT */
/* console_log.h - the guest's console output in a file of limited size */
#ifndef STOREBOOT_HOST_CONSOLE_LOG_H
#define STOREBOOT_HOST_CONSOLE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "host/lib/escapes.h"
#include "init/lib/err.h"

#define CONSOLE_LOG_MIN 65536 /* the smallest limit, in bytes */
#define CONSOLE_LOG_MARK 64   /* bytes from its start that identify a log */

struct console_log {
	int fd;	       /* -1: not asked for, or failed; all functions do nothing */
	bool bounded;  /* a regular file; a pipe or a device cannot be rewritten */
	bool filtered; /* the VM's setting (terminal_output) */
	struct escapes escapes;
	uint64_t max;		     /* bytes */
	uint64_t len;		     /* of the file now */
	uint64_t line_len;	     /* of the line that reports what is left out */
	uint64_t left_out;	     /* bytes left out so far */
	char mark[CONSOLE_LOG_MARK]; /* the start of the log */
	size_t mark_len;
};

#define CONSOLE_LOG_INIT \
	{ \
		.fd = -1 \
	}

/* Creates the file, or empties an earlier console log. max: bytes, at least CONSOLE_LOG_MIN.
 * Returns 0 or -errno with e. */
_must_check_ int console_log_open(struct console_log *log, const char *path, uint64_t max,
				  struct err *e);

/* Appends output of the guest, unchanged unless the file is a terminal. A file that would exceed
 * max keeps its first half and the last quarter of max; a line between them reports how much is
 * left out. A write error is reported once, and the run continues without the log. */
void console_log_add(struct console_log *log, const char *data, size_t len);

void console_log_close(struct console_log *log);

#endif
