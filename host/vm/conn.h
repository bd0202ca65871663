/* SPDX-License-Identifier: MIT */
/*
 * conn.h - the connections of programs to the launcher
 *
 * The first frame of a connection shows what it is for. So there are more connections than commands
 * and consoles, each of which has its own limit. If the table is full, the oldest connection that
 * has asked for nothing is closed: a program that asks for the machine's end always gets in. No
 * connection is closed without a reason.
 */
#ifndef STOREBOOT_HOST_CONN_H
#define STOREBOOT_HOST_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/frame.h"

#define CONN_COMMANDS 16 /* of exec; the launcher's own command does not count */
#define CONN_CONSOLES 16
#define CONNS_MAX (CONN_COMMANDS + CONN_CONSOLES + 16)

enum conn_kind { CONN_NEW, CONN_COMMAND, CONN_CONSOLE, CONN_STOP };

/* Zero-initialised: free. */
struct conn {
	int fd;
	enum conn_kind kind;
	uint16_t session; /* its number in the guest; 0: not sent there yet, or ended */
	bool own;	  /* the launcher's own */
	bool held;	  /* its first frame waits for the guest's agent */
	bool closing;	  /* close it when out is empty; ignore its input */
	uint64_t number;  /* in the order of arrival */
	struct buf in, out;
};

bool conn_is_free(const struct conn *n);

/* Closes it at once. */
void conn_free(struct conn *n);

/* Sends as much of the queued output as the socket takes now, and closes it. */
void conn_end(struct conn *n);

/* Adds a connection to the table of CONNS_MAX. own: the launcher's. Takes fd over, also on failure.
 * Returns 0, or -EBUSY if the table is full. */
_must_check_ int conn_add(struct conn *table, int fd, bool own);

/* Returns the connection with this session in the guest (not 0), or NULL. */
struct conn *conn_of(struct conn *table, uint16_t session);

/* Counts the connections of others with a command, waiting or running, or of another kind. */
size_t conn_count(const struct conn *table, enum conn_kind kind);

/* Sends the last frame of a connection, FRAME_GONE or FRAME_REFUSED, with an exit status and a
 * reason; with FRAME_REFUSED it is an enum exit_status. Closes the connection when the program has
 * read all of its output. */
void conn_dismiss(struct conn *n, enum frame_kind kind, int status, const char *why);

/* Answers a FRAME_BALLOON for bytes of a machine that has this much memory; 0: it has no balloon.
 * Returns bytes, or 0 if it was refused. */
uint64_t conn_balloon(struct conn *n, uint64_t bytes, uint64_t memory);

#endif
