/* SPDX-License-Identifier: MIT */
/* channel.h - a channel between two ends that a test holds: the guest's agent and a program */
#ifndef STOREBOOT_TESTS_CHANNEL_H
#define STOREBOOT_TESTS_CHANNEL_H

#include <sys/socket.h>
#include <unistd.h>

#include "host/vm/channel.h"
#include "tests/lib/test.h"

struct side {
	int fd;
	struct buf in;
	struct frame frame;
	size_t taken;
};

static struct channel c;
static struct side guest, program;

static inline void pair(struct side *s, int *ret)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		exit(1);
	*s = (struct side){ .fd = ends[0] };
	*ret = ends[1];
}

static inline void side_free(struct side *s)
{
	cleanup_close(&s->fd);
	buf_free(&s->in);
}

static inline void setup(void)
{
	c = (struct channel)CHANNEL_INIT;
	c.rescue = true;
	pair(&guest, &c.port);
	program = (struct side){ .fd = channel_connect(&c) };
	CHECK(program.fd >= 0);
}

static inline void teardown(void)
{
	channel_free(&c);
	side_free(&guest);
	side_free(&program);
}

/* As often as something can happen at once. */
static inline void serve(void)
{
	for (int i = 0; i < 4; i++) {
		struct pollfd fds[CHANNEL_POLLS];

		channel_polls(&c, fds);
		poll(fds, CHANNEL_POLLS, 0);
		channel_serve(&c, fds);
	}
}

static inline void say(struct side *s, enum frame_kind kind, uint16_t session, const void *data,
		       size_t len)
{
	_cleanup_buf_ struct buf b = { 0 };

	CHECK_INT(frame_put(&b, kind, session, data, len), 0);
	CHECK_INT(send(s->fd, b.data, b.len, MSG_NOSIGNAL), (ssize_t)b.len);
	serve();
}

/* The next frame's kind; 0: there is none; -1: the connection has ended. */
static inline int heard(struct side *s)
{
	char data[65536];
	ssize_t n = recv(s->fd, data, sizeof(data), MSG_DONTWAIT);
	int len;

	frame_drop(&s->in, s->taken);
	s->taken = 0;
	if (n > 0)
		CHECK_INT(buf_add(&s->in, data, (size_t)n), 0);
	len = frame_take(s->in.data, s->in.len, &s->frame);
	if (len > 0)
		s->taken = (size_t)len;
	return len > 0 ? (int)s->frame.kind : n == 0 ? -1 : 0;
}

static inline void hello(enum frame_place place)
{
	const unsigned char payload[] = { FRAME_VERSION, 0,  0, 0, (unsigned char)place, 0, 0, 0,
					  'd',		 'i' };

	say(&guest, FRAME_HELLO, 0, payload, sizeof(payload));
	CHECK_INT(heard(&guest), FRAME_CLOCK); /* its clock is put right at once */
}

/* The next frame is of this kind and says so. */
static inline void check_told(struct side *s, enum frame_kind kind, int status, const char *part)
{
	char text[FRAME_TEXT_MAX + 1];

	CHECK_INT(heard(s), kind);
	frame_text(&s->frame, text, sizeof(text));
	CHECK_INT(frame_number(&s->frame, 0, 4), status);
	CHECK_HAS(text, part);
}

/* A connection as one to the control socket; -1: none. */
static inline int connect_program(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		exit(1);
	if (conn_add(c.conns, ends[1], false) == 0)
		return ends[0];
	close(ends[0]);
	return -1;
}

#endif
