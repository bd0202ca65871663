/* SPDX-License-Identifier: MIT */
/*
 * request.h - the command that the guest is to run: the payload of FRAME_OPEN
 *
 * NUL-terminated strings, each with a letter in front. a: an argument (the first is the program);
 * e: NAME=VALUE for the environment; d: the working directory; t: "ROWS COLUMNS" of the terminal
 * to run it on; s, empty: a shell, which the guest chooses, in place of a program; c: a TCP port to
 * connect to, in place of a program.
 */
#ifndef STOREBOOT_REQUEST_H
#define STOREBOOT_REQUEST_H

#include <stdbool.h>

#include "init/lib/str.h"

/* The request owns its strings. */
struct request {
	struct strv argv;
	struct strv env; /* NAME=VALUE, added to the default environment */
	char *folder;	 /* working directory; NULL: the home */
	bool shell, tty;
	unsigned short rows, columns; /* of the terminal */
	unsigned short port;	      /* of the guest's loopback; 0: none */
};

/* Appends the payload to ret. Returns 0, -ENOMEM, or -EMSGSIZE if it does not fit a frame. */
_must_check_ int request_format(const struct request *r, struct buf *ret);

/* Parses a payload. The caller zeroes ret before, and frees it with request_free even after an
 * error. Returns 0, -ENOMEM, or -EBADMSG: malformed, a variable without a name, or not exactly one
 * of program, shell and port. A pure function. */
_must_check_ int request_parse(const void *data, size_t len, struct request *ret);

void request_free(struct request *r);

#endif
