/* SPDX-License-Identifier: MIT */
/* conn.c - the connections of programs to the launcher */
#include "host/vm/conn.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "init/lib/str.h"

bool conn_is_free(const struct conn *n)
{
	return n->fd <= 0; /* descriptor 0 is never a connection */
}

void conn_free(struct conn *n)
{
	if (!conn_is_free(n))
		close(n->fd);
	buf_free(&n->in);
	buf_free(&n->out);
	*n = (struct conn){ .fd = -1 };
}

void conn_end(struct conn *n)
{
	if (!conn_is_free(n) && n->out.len > 0 &&
	    send(n->fd, n->out.data, n->out.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		n->out.len = 0;
	conn_free(n);
}

void conn_dismiss(struct conn *n, enum frame_kind kind, int status, const char *why)
{
	if (n->closing)
		return;
	if (frame_put_text(&n->out, kind, kind == FRAME_GONE ? 0 : 1, status, why) < 0) {
		conn_free(n);
		return;
	}
	n->closing = true;
	n->held = false;
	n->session = 0; /* the guest may reuse the number */
	n->in.len = 0;
}

/* The oldest connection that can be closed for a new one: it is closing, has asked for nothing, or
 * waits for the machine's end, which it can watch by itself. */
static struct conn *oldest_idle(struct conn *table)
{
	struct conn *oldest = NULL;

	for (size_t i = 0; i < CONNS_MAX; i++) {
		struct conn *n = &table[i];
		bool idle = n->closing || n->kind == CONN_STOP || (n->kind == CONN_NEW && !n->held);

		if (!conn_is_free(n) && !n->own && idle && (!oldest || n->number < oldest->number))
			oldest = n;
	}
	return oldest;
}

static struct conn *take_place(struct conn *table)
{
	struct conn *n;

	for (size_t i = 0; i < CONNS_MAX; i++)
		if (conn_is_free(&table[i]))
			return &table[i];
	n = oldest_idle(table);
	if (n) {
		conn_dismiss(n, FRAME_GONE, EXIT_IN_USE,
			     "busy: too many programs are connected to this VM");
		conn_end(n);
	}
	return n;
}

static uint64_t last_number(const struct conn *table)
{
	uint64_t last = 0;

	for (size_t i = 0; i < CONNS_MAX; i++)
		if (!conn_is_free(&table[i]) && table[i].number > last)
			last = table[i].number;
	return last;
}

int conn_add(struct conn *table, int fd, bool own)
{
	uint64_t number = last_number(table) + 1;
	struct conn *n = take_place(table);

	if (!n) {
		close(fd);
		return -EBUSY;
	}
	*n = (struct conn){ .fd = fd, .own = own, .number = number };
	return 0;
}

struct conn *conn_of(struct conn *table, uint16_t session)
{
	for (size_t i = 0; i < CONNS_MAX; i++)
		if (!conn_is_free(&table[i]) && table[i].session == session)
			return &table[i];
	return NULL;
}

size_t conn_count(const struct conn *table, enum conn_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < CONNS_MAX; i++) {
		const struct conn *n = &table[i];
		bool command = n->held || (n->kind == CONN_COMMAND && n->session);

		if (!conn_is_free(n) && !n->own && !n->closing)
			count += kind == CONN_COMMAND ? command : n->kind == kind;
	}
	return count;
}

uint64_t conn_balloon(struct conn *n, uint64_t bytes, uint64_t memory)
{
	char why[FRAME_TEXT_MAX] = "the VM has no balloon: it was started with --balloon off, or "
				   "has only just started";

	if (bytes > 0 && bytes <= memory && frame_put(&n->out, FRAME_BALLOON, 0, NULL, 0) == 0)
		return bytes;
	if (memory > 0)
		snprintf(why, sizeof(why), "want a size from 1M to the guest's memory, %lluM",
			 (unsigned long long)memory >> 20);
	conn_dismiss(n, FRAME_GONE, EXIT_USAGE, why);
	return 0;
}
