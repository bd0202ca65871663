/* SPDX-License-Identifier: MIT */
/*
 * channel.c - fuzz target: frames from the guest's agent and from a program, to the launcher
 *
 * The input is a list of turns: a byte says whose (bit 0), and how many bytes follow (the rest, by
 * eights). What the launcher queues stays within its limits, and no program gets a frame that only
 * the launcher may send.
 */
#include "host/vm/channel.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define QUEUE_MAX ((size_t)8 << 20)

static void serve(struct channel *c)
{
	struct pollfd fds[CHANNEL_POLLS];

	channel_polls(c, fds);
	if (poll(fds, CHANNEL_POLLS, 0) < 0)
		abort();
	channel_serve(c, fds);
	if (c->to_guest.len > QUEUE_MAX || c->typed.len > QUEUE_MAX ||
	    c->from_guest.len > QUEUE_MAX || (c->here && c->port < 0))
		abort();
	for (size_t i = 0; i < CONNS_MAX; i++)
		if (c->conns[i].out.len > QUEUE_MAX || c->conns[i].in.len > QUEUE_MAX)
			abort();
}

/* Reads what the launcher has sent to one side. program: only these kinds may come. */
static void drain(int fd, bool program)
{
	static struct buf in;
	char text[4096];
	struct frame f;
	ssize_t n;
	size_t at = 0;
	int len;

	in.len = 0;
	while ((n = recv(fd, text, sizeof(text), MSG_DONTWAIT)) > 0)
		if (buf_add(&in, text, (size_t)n) < 0)
			abort();
	while (program && in.len > 0 && (len = frame_take(in.data + at, in.len - at, &f)) != 0) {
		if (len < 0 ||
		    ((f.kind < FRAME_OUT || f.kind > FRAME_CREDIT) && f.kind != FRAME_ATTACH &&
		     f.kind != FRAME_STOP && f.kind != FRAME_GONE))
			abort();
		at += (size_t)len;
	}
}

static void turns(struct channel *c, int guest, int program, const uint8_t *data, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t n = (size_t)(data[at] >> 1) * 8;
		const int fd = data[at++] & 1 ? program : guest;

		n = n < size - at ? n : size - at;
		if (n > 0 && send(fd, data + at, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			n = size - at; /* closed, or full: it is ours to end */
		at += n;
		serve(c);
		serve(c);
		drain(guest, false);
		drain(program, true);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct channel c = CHANNEL_INIT;
	int ends[2], program;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		abort();
	c.port = ends[1];
	program = channel_connect(&c);
	if (program < 0)
		abort();
	turns(&c, ends[0], program, data, size);
	if (channel_closed(&c) == CHANNEL_SAME && c.here)
		abort();
	channel_away(&c, "away");
	channel_ended(&c, "ended");
	channel_free(&c);
	close(ends[0]);
	close(program);
	return 0;
}
