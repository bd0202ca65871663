/* SPDX-License-Identifier: MIT */
/*
 * request.h - which command the guest shall run, and how: the payload of FRAME_OPEN
 *
 * NUL-terminated strings, each with a letter in front: a an argument (the first is the program), e
 * NAME=VALUE for its environment, d its working directory, t "ROWS COLUMNS" (it gets a terminal), s
 * alone (a shell in place of a program: the guest chooses which).
 */
#ifndef STOREBOOT_REQUEST_H
#define STOREBOOT_REQUEST_H

#include <stdbool.h>

#include "init/lib/str.h"

/* The strings belong to the request. */
struct request {
	struct strv argv;
	struct strv env; /* NAME=VALUE, added to what every command has */
	char *folder;	 /* NULL: its home */
	bool shell, tty;
	unsigned short rows, columns; /* of the terminal */
};

/* Returns 0, -ENOMEM, or -EMSGSIZE where it does not fit a frame. */
_must_check_ int request_format(const struct request *r, struct buf *ret);

/* ret: zeroed; freed by request_free in each case. Returns 0, -EBADMSG (not such a payload, no
 * argument, a variable without a name) or -ENOMEM. A pure function. */
_must_check_ int request_parse(const void *data, size_t len, struct request *ret);

void request_free(struct request *r);

#endif
