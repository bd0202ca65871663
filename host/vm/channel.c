/* SPDX-License-Identifier: MIT */
/* channel.c - the launcher's part of the channel: between the guest's agent and who talks to it */
#include "host/vm/channel.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "init/lib/str.h"

/* What waits for the guest before programs are not listened to. */
#define TO_GUEST_ENOUGH (4 * FRAME_WINDOW)
/* Beyond it is what the launcher itself has to tell, such as the answer to a hello: so much of that has only a
 * guest that says hello and reads nothing. */
#define TO_GUEST_MAX (2 * TO_GUEST_ENOUGH)
/* Two streams' credit, in frames of a byte each; more is a breach. */
#define CONN_OUT_MAX (2 * FRAME_WINDOW * (1 + FRAME_HEADER) + 65536)
#define CONSOLE_OUT_MAX 65536
#define TYPED_MAX 4096

enum { PORT, LISTENER, CONNS };

static void conn_free(struct conn *n)
{
	if (n->fd > 0) /* those of a zeroed struct are free as well; descriptor 0 is never one of them */
		close(n->fd);
	buf_free(&n->in);
	buf_free(&n->out);
	*n = (struct conn){ .fd = -1 };
}

static bool is_free(const struct conn *n)
{
	return n->fd <= 0;
}

/* Takes fd over, also on failure: -EBUSY, there are too many. */
static int add_conn(struct channel *c, int fd)
{
	for (size_t i = 0; i < CHANNEL_CONNS; i++)
		if (is_free(&c->conns[i])) {
			c->conns[i] = (struct conn){ .fd = fd };
			return 0;
		}
	close(fd);
	return -EBUSY;
}

int channel_connect(struct channel *c)
{
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	r = add_conn(c, ends[1]);
	if (r == 0)
		return ends[0];
	close(ends[0]);
	return r;
}

/* With what it was still to be told, as far as there is room for it now. */
static void end_conn(struct conn *n)
{
	if (n->out.len > 0 && send(n->fd, n->out.data, n->out.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		n->out.len = 0;
	conn_free(n);
}

/* There is no agent, and none will come. */
static void refuse(const struct channel *c, struct conn *n)
{
	unsigned char payload[4 + sizeof(c->gone)] = { 125 };

	memcpy(payload + 4, c->gone, strlen(c->gone));
	if (frame_put(&n->out, FRAME_REFUSED, 1, payload, 4 + strlen(c->gone)) < 0)
		n->out.len = 0;
	end_conn(n);
}

/* The port is of no use any more; who has a command there sees its connection end. */
static void lose(struct channel *c, const char *why)
{
	cleanup_close(&c->port);
	c->port = -1;
	c->here = false;
	if (!c->gone[0])
		snprintf(c->gone, sizeof(c->gone), "%s", why);
	for (size_t i = 0; i < CHANNEL_CONNS; i++)
		if (!is_free(&c->conns[i]) && c->conns[i].kind == CONN_COMMAND)
			end_conn(&c->conns[i]);
		else if (!is_free(&c->conns[i]) && c->conns[i].held)
			refuse(c, &c->conns[i]);
}

void channel_hopeless(struct channel *c, const char *why)
{
	if (!c->gone[0])
		lose(c, why);
}

static void put(struct channel *c, int r)
{
	if (r < 0)
		lose(c, "out of memory");
}

/* Commands of an agent that is gone can say nothing any more. */
static void end_commands(struct channel *c)
{
	for (size_t i = 0; i < CHANNEL_CONNS; i++)
		if (!is_free(&c->conns[i]) && c->conns[i].session)
			end_conn(&c->conns[i]);
}

void channel_tell(struct channel *c, enum frame_kind kind, unsigned int width, unsigned int n,
		  const uint64_t *numbers)
{
	if (!c->here)
		return;
	if (c->to_guest.len > TO_GUEST_MAX)
		lose(c, "the guest does not read what it is told");
	else
		put(c, frame_put_numbers(&c->to_guest, kind, 0, width, n, numbers));
}

void channel_tell_clock(struct channel *c)
{
	struct timespec t;
	uint64_t ns;

	clock_gettime(CLOCK_REALTIME, &t);
	ns = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	channel_tell(c, FRAME_CLOCK, 8, 1, &ns);
}

static uint16_t new_session(struct channel *c)
{
	bool used = true;

	while (used) {
		used = ++c->last_session == 0;
		for (size_t i = 0; i < CHANNEL_CONNS; i++)
			used = used || (!is_free(&c->conns[i]) && c->conns[i].session == c->last_session);
	}
	return c->last_session;
}

static bool has_room(const struct channel *c)
{
	return c->to_guest.len < TO_GUEST_ENOUGH;
}

/* One frame of a program's. Returns false where it must wait. */
static bool take_program_frame(struct channel *c, struct conn *n, const struct frame *f)
{
	const uint64_t numbers[] = { frame_number(f, 0, 2), frame_number(f, 2, 2) };

	switch (f->kind) {
	case FRAME_ATTACH:
		n->kind = CONN_CONSOLE;
		return true;
	case FRAME_STOP:
		n->kind = CONN_STOP;
		c->stop = true;
		c->stop_now = c->stop_now || frame_number(f, 0, 4) == 1;
		return true;
	case FRAME_CONSOLE:
		channel_tell(c, FRAME_CONSOLE, 2, 2, numbers);
		return true;
	default:
		break;
	}
	if (n->kind == CONN_CONSOLE && f->kind == FRAME_IN) {
		if (c->typed.len + f->len <= TYPED_MAX) /* a guest that does not read loses keys */
			put(c, buf_add(&c->typed, f->data, f->len));
		return true;
	}
	if (f->kind == FRAME_OPEN && n->kind == CONN_NEW) {
		if (c->gone[0]) {
			refuse(c, n);
			return false;
		}
		n->held = !c->here;
		if (n->held)
			return false;
		n->kind = CONN_COMMAND;
		n->session = new_session(c);
	}
	if (n->kind != CONN_COMMAND || f->kind < FRAME_OPEN)
		return true; /* not for a program to say */
	put(c, frame_put(&c->to_guest, f->kind, n->session, f->data, f->len));
	return true;
}

/* Returns 0, or -EBADMSG where the program speaks no frames. */
static int take_program_frames(struct channel *c, struct conn *n)
{
	struct frame f;
	size_t at = 0;
	int len = 0;

	/* A frame may be the connection's last. */
	while (!is_free(n) && has_room(c) &&
	       (len = frame_take(n->in.data + at, n->in.len - at, &f)) > 0) {
		if (!take_program_frame(c, n, &f))
			break;
		at += (size_t)len;
	}
	if (is_free(n))
		return 0;
	frame_drop(&n->in, at);
	return len < 0 ? len : 0;
}

static void hang_up(struct channel *c, struct conn *n)
{
	if (n->session && c->here)
		put(c, frame_put(&c->to_guest, FRAME_HANGUP, n->session, NULL, 0));
	conn_free(n);
}

static void read_conn(struct channel *c, struct conn *n)
{
	char data[FRAME_DATA_MAX];
	ssize_t len = recv(n->fd, data, sizeof(data), MSG_DONTWAIT);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0 || buf_add(&n->in, data, (size_t)len) < 0 || take_program_frames(c, n) < 0)
		hang_up(c, n);
}

static void write_conn(struct channel *c, struct conn *n)
{
	ssize_t len = send(n->fd, n->out.data, n->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (len > 0)
		frame_drop(&n->out, (size_t)len);
	else if (len < 0 && errno != EAGAIN && errno != EINTR)
		hang_up(c, n);
}

/* Whether the program's first frame, held back until the agent came, can go on now. */
static void release(struct channel *c)
{
	for (size_t i = 0; i < CHANNEL_CONNS; i++) {
		struct conn *n = &c->conns[i];

		if (is_free(n) || !n->held || !c->here)
			continue;
		n->held = false;
		if (take_program_frames(c, n) < 0)
			hang_up(c, n);
	}
}

static void take_hello(struct channel *c, const struct frame *f)
{
	enum frame_place place = (enum frame_place)frame_number(f, 4, 4);

	/* The guest would take the terminal for its shell. */
	if (place == FRAME_AT_RESCUE && !c->rescue) {
		lose(c, "the guest begins a rescue session that nobody asked for (--rescue)");
		return;
	}
	end_commands(c); /* a new agent knows no old command */
	c->hellos++;
	c->here = true;
	c->execed = c->ready = false;
	c->place = place;
	snprintf(c->text, sizeof(c->text), "%.*s", f->len > 8 ? (int)(f->len - 8) : 0,
		 (const char *)f->data + 8);
	if (frame_number(f, 0, 4) != FRAME_VERSION)
		lose(c, "the guest's storeboot-init is of another version");
	channel_tell_clock(c);
}

static void to_program(struct channel *c, const struct frame *f)
{
	struct conn *n = NULL;

	for (size_t i = 0; i < CHANNEL_CONNS && !n; i++)
		if (!is_free(&c->conns[i]) && c->conns[i].session == f->session)
			n = &c->conns[i];
	if (!n) /* it hung up */
		return;
	if (n->out.len > CONN_OUT_MAX || frame_put(&n->out, f->kind, 1, f->data, f->len) < 0)
		hang_up(c, n);
	else if (f->kind == FRAME_EXIT || f->kind == FRAME_REFUSED)
		n->session = 0; /* the guest may see the number again */
}

static void take_guest_frame(struct channel *c, const struct frame *f)
{
	if (f->session)
		to_program(c, f);
	else if (f->kind == FRAME_HELLO)
		take_hello(c, f);
	else if (f->kind == FRAME_EXECED)
		c->execed = true;
	else if (f->kind == FRAME_READY)
		c->ready = true;
}

/* Returns whether there was something. */
static bool read_port(struct channel *c)
{
	char data[65536];
	ssize_t len = recv(c->port, data, sizeof(data), MSG_DONTWAIT);
	struct frame f;
	size_t at = 0;
	int n = 0;

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (len <= 0) {
		lose(c, "QEMU has closed the channel");
		return false;
	}
	put(c, buf_add(&c->from_guest, data, (size_t)len));
	while (c->port >= 0 &&
	       (n = frame_take(c->from_guest.data + at, c->from_guest.len - at, &f)) > 0) {
		take_guest_frame(c, &f);
		at += (size_t)n;
	}
	frame_drop(&c->from_guest, at);
	if (n < 0)
		lose(c, "what comes from the guest is no frame");
	return true;
}

/* What the agent said before it went is still to be read; a new one may have come meanwhile, and said
 * hello: then it is the old one that went. */
void channel_closed(struct channel *c)
{
	unsigned int hellos = c->hellos;

	while (c->port >= 0 && read_port(c))
		;
	if (c->hellos != hellos || !c->here)
		return;
	c->here = false;
	buf_free(&c->to_guest);
	buf_free(&c->from_guest);
	end_commands(c);
}

static void write_port(struct channel *c)
{
	ssize_t n = c->port >= 0 && c->to_guest.len > 0 ?
			    send(c->port, c->to_guest.data, c->to_guest.len, MSG_DONTWAIT | MSG_NOSIGNAL) :
			    0;

	if (n > 0)
		frame_drop(&c->to_guest, (size_t)n);
}

static void accept_conn(struct channel *c)
{
	int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0 && add_conn(c, fd) < 0)
		return; /* closed: who connected sees that it is not served */
}

void channel_polls(const struct channel *c, struct pollfd *fds)
{
	fds[PORT] = (struct pollfd){ c->port, (short)(POLLIN | (c->to_guest.len > 0 ? POLLOUT : 0)), 0 };
	fds[LISTENER] = (struct pollfd){ c->listener, POLLIN, 0 };
	for (size_t i = 0; i < CHANNEL_CONNS; i++) {
		const struct conn *n = &c->conns[i];
		bool read = !n->held && has_room(c), write = !is_free(n) && n->out.len > 0;

		/* Also of one that waits the end is seen (POLLHUP). */
		fds[CONNS + i] = (struct pollfd){ is_free(n) ? -1 : n->fd,
						  (short)((read ? POLLIN : 0) | (write ? POLLOUT : 0)), 0 };
	}
}

void channel_serve(struct channel *c, const struct pollfd *fds)
{
	if (c->port >= 0 && fds[PORT].revents & ~POLLOUT)
		read_port(c);
	release(c);
	for (size_t i = 0; i < CHANNEL_CONNS; i++) {
		struct conn *n = &c->conns[i];

		/* The same one that was waited for. */
		if (is_free(n) || n->fd != fds[CONNS + i].fd)
			continue;
		if (fds[CONNS + i].revents & (POLLHUP | POLLERR) && (n->held || !has_room(c)))
			hang_up(c, n);
		else if (fds[CONNS + i].revents & ~POLLOUT)
			read_conn(c, n);
		else if (n->in.len > 0 && !n->held && take_program_frames(c, n) < 0) /* what had no room */
			hang_up(c, n);
		if (!is_free(n) && n->out.len > 0)
			write_conn(c, n);
	}
	if (c->listener >= 0 && fds[LISTENER].revents)
		accept_conn(c);
	write_port(c);
}

void channel_console(struct channel *c, const char *data, size_t len)
{
	for (size_t i = 0; i < CHANNEL_CONNS; i++) {
		struct conn *n = &c->conns[i];

		if (!is_free(n) && n->kind == CONN_CONSOLE && n->out.len + len <= CONSOLE_OUT_MAX &&
		    frame_put(&n->out, FRAME_OUT, 1, data, len) < 0)
			conn_free(n);
	}
}

void channel_free(struct channel *c)
{
	/* Who waits for our end sees it when the process ends, with all that it cleared up. */
	for (size_t i = 0; i < CHANNEL_CONNS; i++) {
		if (c->conns[i].kind == CONN_STOP)
			c->conns[i].fd = -1;
		conn_free(&c->conns[i]);
	}
	cleanup_close(&c->port);
	cleanup_close(&c->listener);
	buf_free(&c->from_guest);
	buf_free(&c->to_guest);
	buf_free(&c->typed);
	*c = (struct channel)CHANNEL_INIT;
}
