/* SPDX-License-Identifier: MIT */
/* agent.h - unit tests: an agent, and the host's side of it over a socket in place of the port */
#ifndef STOREBOOT_TESTS_AGENT_H
#define STOREBOOT_TESTS_AGENT_H

#include "init/agent/agent.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/lib/request.h"
#include "tests/lib/test.h"

#define WAIT_MS 20000

struct host {
	int fd;
	pid_t agent;
	struct buf in;
	struct frame frame; /* the last one taken */
	size_t taken;
};

static inline void start(struct host *h, enum frame_place place)
{
	int ends[2];

	*h = (struct host){ .fd = -1 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		exit(1);
	h->agent = fork();
	if (h->agent == 0) {
		const struct agent_config c = { .port = ends[1],
						.place = place,
						.text = "disk",
						.exec_fd = -1,
						.notify_fd = -1 };

		close(ends[0]);
		fcntl(ends[1], F_SETFL, O_NONBLOCK);
		_exit((int)agent_run(&c));
	}
	close(ends[1]);
	h->fd = ends[0];
}

/* The agent's own end, as its exit status says it. */
static inline int finish(struct host *h)
{
	int status = 0;

	close(h->fd);
	waitpid(h->agent, &status, 0);
	buf_free(&h->in);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void send_buf(struct host *h, const struct buf *b)
{
	CHECK_INT(send(h->fd, b->data, b->len, MSG_NOSIGNAL), (ssize_t)b->len);
}

static inline void put(struct host *h, enum frame_kind kind, uint16_t session, const void *data,
		       size_t len)
{
	_cleanup_buf_ struct buf b = { 0 };

	CHECK_INT(frame_put(&b, kind, session, data, len), 0);
	send_buf(h, &b);
}

static inline void put_credit(struct host *h, uint16_t session, enum frame_kind stream,
			      uint32_t bytes)
{
	_cleanup_buf_ struct buf b = { 0 };

	CHECK_INT(frame_put_credit(&b, session, stream, bytes), 0);
	send_buf(h, &b);
}

static inline void open_command(struct host *h, uint16_t session, bool tty, const char *script)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	_cleanup_(request_free) struct request r = { .tty = tty, .rows = 33, .columns = 77 };
	_cleanup_buf_ struct buf b = { 0 };

	CHECK_INT(strv_add_all(&r.argv, argv), 0);
	CHECK_INT(request_format(&r, &b), 0);
	put(h, FRAME_OPEN, session, b.data, b.len);
}

/* Takes the next frame; 0 where none comes in time, or the agent has ended. */
static inline int next(struct host *h)
{
	frame_drop(&h->in, h->taken);
	h->taken = 0;
	for (;;) {
		struct pollfd p = { h->fd, POLLIN, 0 };
		char data[65536];
		int n = frame_take(h->in.data, h->in.len, &h->frame);
		ssize_t len;

		if (n != 0) {
			h->taken = n > 0 ? (size_t)n : 0;
			return n > 0 ? (int)h->frame.kind : -1;
		}
		if (poll(&p, 1, WAIT_MS) <= 0)
			return 0;
		len = recv(h->fd, data, sizeof(data), 0);
		if (len <= 0 || buf_add(&h->in, data, (size_t)len) < 0)
			return 0;
	}
}

/* Gathers what a session says until its end. */
struct said {
	struct buf out, err;
	uint32_t in_credit;
	int kind; /* EXIT or REFUSED; 0: neither came */
	unsigned int status, signal;
};

static inline void gather(struct host *h, struct said *s)
{
	*s = (struct said){ 0 };
	while (!s->kind && next(h) > 0) {
		const struct frame *f = &h->frame;

		if (f->kind == FRAME_OUT || f->kind == FRAME_ERR) {
			CHECK_INT(
				buf_add(f->kind == FRAME_OUT ? &s->out : &s->err, f->data, f->len),
				0);
			put_credit(h, f->session, f->kind, (uint32_t)f->len);
		} else if (f->kind == FRAME_CREDIT)
			s->in_credit += (uint32_t)frame_number(f, 1, 4);
		else if (f->kind == FRAME_EXIT || f->kind == FRAME_REFUSED)
			s->kind = (int)f->kind;
		if (!s->kind)
			continue;
		s->status = (unsigned int)frame_number(f, 0, 4);
		s->signal = s->kind == FRAME_EXIT ? (unsigned int)frame_number(f, 4, 4) : 0;
	}
}

static inline void said_free(struct said *s)
{
	buf_free(&s->out);
	buf_free(&s->err);
}

#endif
