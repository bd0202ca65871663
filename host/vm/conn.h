/* SPDX-License-Identifier: MIT */
/*
 * conn.h - the connections of programs to the launcher
 *
 * What a program wants is known from its first frame, and not before. So there are more connections
 * than commands and consoles, and each of these has its own limit. Where all connections are taken,
 * the oldest one that has asked for nothing makes way: a program that asks for the machine's end
 * always gets in. No connection is closed without a reason on it.
 */
#ifndef STOREBOOT_HOST_CONN_H
#define STOREBOOT_HOST_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/frame.h"

#define CONN_COMMANDS 16 /* of exec; the launcher's own does not count */
#define CONN_CONSOLES 16
#define CONNS_MAX (CONN_COMMANDS + CONN_CONSOLES + 16)

enum conn_kind { CONN_NEW, CONN_COMMAND, CONN_CONSOLE, CONN_STOP };

/* Zero-initialised is free. */
struct conn {
	int fd;
	enum conn_kind kind;
	uint16_t session; /* the guest's number for it; 0: not sent there yet, or ended */
	bool own;	  /* the launcher's own */
	bool held;	  /* its first frame waits for the guest's agent */
	bool closing;	  /* it is closed when out is empty; nothing of it is read any more */
	uint64_t number;  /* in the order in which they came */
	struct buf in, out;
};

bool conn_is_free(const struct conn *n);

/* Closes it at once. */
void conn_free(struct conn *n);

/* Closes it, after sending what the socket takes now of what it was still to be told. */
void conn_end(struct conn *n);

/* Adds one to the table of CONNS_MAX. own: the launcher's. Takes fd over, also on failure: -EBUSY,
 * the table is full. */
_must_check_ int conn_add(struct conn *table, int fd, bool own);

/* The connection that has this session in the guest, not 0; NULL: none. */
struct conn *conn_of(struct conn *table, uint16_t session);

/* How many connections of others have a command (one that waits or runs), or a console. */
size_t conn_count(const struct conn *table, enum conn_kind kind);

/* Sends the last frame of a connection, FRAME_GONE or FRAME_REFUSED, with an exit status and a
 * reason. The connection is closed once the program has taken all that it was told. */
void conn_dismiss(struct conn *n, enum frame_kind kind, int status, const char *why);

/* The same for a command that does not begin. code: enum exit_status, which is named in the text.
 */
void conn_refuse(struct conn *n, int code, const char *why);

#endif
