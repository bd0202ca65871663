/* SPDX-License-Identifier: MIT */
/* channel.c - the launcher's side of the channel between the guest's agent and programs */
#include "host/vm/channel.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/vm/kept.h"
#include "init/lib/str.h"

/* With this much queued for the guest, no more frames are read from programs. */
#define TO_GUEST_ENOUGH (4 * FRAME_WINDOW)
/* The rest is for the launcher's own frames. A guest that does not read them is cut off. */
#define TO_GUEST_MAX (2 * TO_GUEST_ENOUGH)
/* Two streams' credit, in frames of one byte each; more breaks the protocol. */
#define CONN_OUT_MAX (2 * FRAME_WINDOW * (1 + FRAME_HEADER) + 65536)
#define CONSOLE_OUT_MAX (2 * KEPT_MAX)
#define TYPED_MAX 4096
#define ENDED_BY_GUEST \
	"the guest has ended its agent (storeboot-agent) with all processes: it shuts down"

enum { PORT, LISTENER, CONNS };

int channel_connect(struct channel *c)
{
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	r = conn_add(c->conns, ends[1], true);
	if (r == 0)
		return ends[0];
	close(ends[0]);
	return r;
}

static const char *why_none(const struct channel *c)
{
	return c->gone[0] ? c->gone : c->away;
}

/* run: ends the commands that run in the guest; else those that wait to begin. */
static void end_commands(struct channel *c, bool run, const char *why)
{
	char text[FRAME_TEXT_MAX];

	snprintf(text, sizeof(text), "%s", why);
	for (size_t i = 0; i < CONNS_MAX; i++) {
		struct conn *n = &c->conns[i];

		if (conn_is_free(n))
			continue;
		if (run && n->kind == CONN_COMMAND && n->session)
			conn_dismiss(n, FRAME_GONE, EXIT_COMMAND, text);
		else if (!run && n->held)
			conn_dismiss(n, FRAME_REFUSED, EXIT_GUEST, text);
	}
}

static void end_all(struct channel *c, const char *why)
{
	end_commands(c, true, why);
	end_commands(c, false, why);
}

/* Closes the port for good. */
static void lose(struct channel *c, const char *why)
{
	cleanup_close(&c->port);
	c->port = -1;
	c->here = false;
	if (!c->gone[0])
		snprintf(c->gone, sizeof(c->gone), "%s", why);
	end_all(c, c->gone);
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
	do
		c->last_session++;
	while (c->last_session == 0 || conn_of(c->conns, c->last_session));
	return c->last_session;
}

static bool has_room(const struct channel *c)
{
	return c->to_guest.len < TO_GUEST_ENOUGH;
}

static void attach(struct channel *c, struct conn *n, const struct frame *f)
{
	const uint64_t what = frame_number(f, 0, 4);

	if (n->kind != CONN_CONSOLE && conn_count(c->conns, CONN_CONSOLE) >= CONN_CONSOLES) {
		conn_dismiss(n, FRAME_GONE, EXIT_IN_USE,
			     "busy: this VM has " CONSTANT_TEXT(
				     CONN_CONSOLES) " consoles open, and no more are possible");
		return;
	}
	n->kind = CONN_CONSOLE;
	put(c, frame_put_numbers(&n->out, FRAME_ATTACH, 0, 4, 1, &what));
	if (what != FRAME_FROM_NOW)
		put(c, kept_put(&c->kept, &n->out));
	if (what == FRAME_SO_FAR)
		conn_dismiss(n, FRAME_GONE, EXIT_OK, "");
}

/* A program asks for a command. Returns whether the frame can be passed on now. */
static bool open_command(struct channel *c, struct conn *n)
{
	if (why_none(c)[0]) {
		conn_dismiss(n, FRAME_REFUSED, EXIT_GUEST, why_none(c));
		return false;
	}
	if (!n->own && !n->held && conn_count(c->conns, CONN_COMMAND) >= CONN_COMMANDS) {
		conn_dismiss(
			n, FRAME_REFUSED, EXIT_IN_USE,
			"busy: this VM runs " CONSTANT_TEXT(
				CONN_COMMANDS) " commands and connections, and no more are possible");
		return false;
	}
	n->held = !c->here;
	if (n->held)
		return false;
	n->kind = CONN_COMMAND;
	n->session = new_session(c);
	return true;
}

/* Handles one frame of a program. Returns false if it must wait or was refused. */
static bool take_program_frame(struct channel *c, struct conn *n, const struct frame *f)
{
	const uint64_t numbers[] = { frame_number(f, 0, 2), frame_number(f, 2, 2) };

	switch (f->kind) {
	case FRAME_ATTACH:
		attach(c, n, f);
		return true;
	case FRAME_STOP:
		n->kind = CONN_STOP;
		c->stop = true;
		c->stop_now = c->stop_now || frame_number(f, 0, 4) == 1;
		put(c, frame_put(&n->out, FRAME_STOP, 0, NULL, 0));
		return true;
	case FRAME_BALLOON:
		c->balloon = conn_balloon(n, frame_number(f, 0, 8), c->memory) ?: c->balloon;
		return true;
	case FRAME_CONSOLE:
		channel_tell(c, FRAME_CONSOLE, 2, 2, numbers);
		return true;
	default:
		break;
	}
	if (n->kind == CONN_CONSOLE && f->kind == FRAME_IN) {
		if (c->typed.len + f->len <= TYPED_MAX) /* else keys are lost */
			put(c, buf_add(&c->typed, f->data, f->len));
		return true;
	}
	if (f->kind == FRAME_OPEN && n->kind == CONN_NEW && !open_command(c, n))
		return false;
	/* A kind that programs may not send, or no agent to send it to. */
	if (n->kind != CONN_COMMAND || f->kind < FRAME_OPEN || f->kind > FRAME_CREDIT ||
	    !n->session || !c->here)
		return true;
	put(c, frame_put(&c->to_guest, f->kind, n->session, f->data, f->len));
	return true;
}

/* Returns 0, or -EBADMSG if the program does not send frames. */
static int take_program_frames(struct channel *c, struct conn *n)
{
	struct frame f;
	size_t at = 0;
	int len = 0;

	/* A frame may end the connection. */
	while (!conn_is_free(n) && !n->closing && has_room(c) &&
	       (len = frame_take(n->in.data + at, n->in.len - at, &f)) > 0) {
		if (!take_program_frame(c, n, &f))
			break;
		at += (size_t)len;
	}
	if (conn_is_free(n) || n->closing)
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
	if (len > 0 && n->closing) /* ignore it: the last frame is still being sent */
		return;
	if (len <= 0 || buf_add(&n->in, data, (size_t)len) < 0 || take_program_frames(c, n) < 0)
		hang_up(c, n);
}

static void write_conn(struct channel *c, struct conn *n)
{
	ssize_t len = send(n->fd, n->out.data, n->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (len > 0)
		frame_drop(&n->out, (size_t)len);
	if (n->closing && n->out.len == 0)
		conn_free(n);
	else if (len < 0 && errno != EAGAIN && errno != EINTR)
		hang_up(c, n);
}

/* Passes on the frames that programs sent before the agent came. */
static void release(struct channel *c)
{
	for (size_t i = 0; i < CONNS_MAX; i++) {
		struct conn *n = &c->conns[i];

		if (conn_is_free(n) || !n->held || !c->here)
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
	/* A new agent does not know the old commands. */
	end_commands(c, true, "the guest started again, and with it its agent");
	c->hellos++;
	c->here = true;
	c->execed = c->ready = c->leaving = false;
	c->away[0] = '\0';
	c->place = place;
	snprintf(c->text, sizeof(c->text), "%.*s", f->len > 8 ? (int)(f->len - 8) : 0,
		 (const char *)f->data + 8);
	if (frame_number(f, 0, 4) != FRAME_VERSION)
		lose(c, "the guest's storeboot-init is of another version");
	channel_tell_clock(c);
}

/* The kinds that the guest may send to a program, which takes all others for the launcher's. */
static bool is_for_program(enum frame_kind kind)
{
	return kind >= FRAME_OUT && kind <= FRAME_CREDIT;
}

static void to_program(struct channel *c, const struct frame *f)
{
	struct conn *n = is_for_program(f->kind) ? conn_of(c->conns, f->session) : NULL;

	if (!n) /* the program hung up */
		return;
	if (n->out.len > CONN_OUT_MAX || frame_put(&n->out, f->kind, 1, f->data, f->len) < 0)
		hang_up(c, n);
	else if (f->kind == FRAME_EXIT || f->kind == FRAME_REFUSED) {
		n->session = 0;	      /* the guest may reuse the number */
		n->closing = !n->own; /* that was the last frame */
	}
}

/* After FRAME_BYE_RETRY the port is closed and opened again: programs wait for the next agent. */
static void take_bye(struct channel *c, const struct frame *f)
{
	if (frame_number(f, 0, 4) == FRAME_BYE_TERM) {
		c->leaving = true;
		return;
	}
	c->here = false;
	buf_free(&c->to_guest); /* the next agent must not get the rest of a frame */
	end_commands(c, true, "stage 1 retries the failed step");
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
	else if (f->kind == FRAME_BYE)
		take_bye(c, f);
}

/* Returns whether there was data. */
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
		lose(c, "the VM has ended");
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

/* Reads the last frames of the agent. If a new agent has begun, the old one closed the port. */
enum channel_close channel_closed(struct channel *c)
{
	unsigned int hellos = c->hellos;

	while (c->port >= 0 && read_port(c))
		;
	if (c->hellos != hellos || !c->here)
		return CHANNEL_SAME;
	c->here = false;
	buf_free(&c->to_guest);
	buf_free(&c->from_guest);
	if (!c->leaving)
		return CHANNEL_VANISHED;
	snprintf(c->away, sizeof(c->away), "%s", ENDED_BY_GUEST);
	end_commands(c, false, c->away);
	return CHANNEL_LEFT;
}

void channel_away(struct channel *c, const char *why)
{
	if (c->here)
		return;
	snprintf(c->away, sizeof(c->away), "%s", why);
	end_all(c, why);
}

void channel_ended(struct channel *c, const char *why)
{
	end_all(c, why);
	for (size_t i = 0; i < CONNS_MAX; i++)
		if (!conn_is_free(&c->conns[i]) && c->conns[i].kind != CONN_STOP)
			conn_dismiss(&c->conns[i], FRAME_GONE, EXIT_OK, why);
}

bool channel_busy(const struct channel *c)
{
	for (size_t i = 0; i < CONNS_MAX; i++)
		if (!conn_is_free(&c->conns[i]) && c->conns[i].out.len > 0)
			return true;
	return false;
}

static void write_port(struct channel *c)
{
	const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	ssize_t n = 0;

	if (c->port >= 0 && c->to_guest.len > 0)
		n = send(c->port, c->to_guest.data, c->to_guest.len, flags);
	if (n > 0)
		frame_drop(&c->to_guest, (size_t)n);
}

static void accept_conn(struct channel *c)
{
	int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0 && conn_add(c->conns, fd, false) < 0)
		return; /* cannot happen: commands and consoles do not fill the table */
}

void channel_polls(const struct channel *c, struct pollfd *fds)
{
	const short port_events = c->to_guest.len > 0 ? POLLIN | POLLOUT : POLLIN;

	fds[PORT] = (struct pollfd){ c->port, port_events, 0 };
	fds[LISTENER] = (struct pollfd){ c->listener, POLLIN, 0 };
	for (size_t i = 0; i < CONNS_MAX; i++) {
		const struct conn *n = &c->conns[i];
		const short in = !n->held && has_room(c) ? POLLIN : 0;
		const short out = n->out.len > 0 ? POLLOUT : 0;

		/* poll(2) always reports POLLHUP. */
		fds[CONNS + i] = (struct pollfd){ conn_is_free(n) ? -1 : n->fd, in | out, 0 };
	}
}

void channel_serve(struct channel *c, const struct pollfd *fds)
{
	if (c->port >= 0 && fds[PORT].revents & ~POLLOUT)
		read_port(c);
	release(c);
	for (size_t i = 0; i < CONNS_MAX; i++) {
		struct conn *n = &c->conns[i];

		/* Still the connection that was polled? */
		if (conn_is_free(n) || n->fd != fds[CONNS + i].fd)
			continue;
		if (fds[CONNS + i].revents & (POLLHUP | POLLERR) && (n->held || !has_room(c)))
			hang_up(c, n);
		else if (fds[CONNS + i].revents & ~POLLOUT)
			read_conn(c, n);
		else if (n->in.len > 0 && !n->held && take_program_frames(c, n) < 0)
			hang_up(c, n);
		if (!conn_is_free(n) && n->out.len > 0)
			write_conn(c, n);
	}
	if (c->listener >= 0 && fds[LISTENER].revents)
		accept_conn(c);
	write_port(c);
}

void channel_console(struct channel *c, const char *data, size_t len)
{
	kept_add(&c->kept, data, len);
	for (size_t i = 0; i < CONNS_MAX; i++) {
		struct conn *n = &c->conns[i];

		if (!conn_is_free(n) && !n->closing && n->kind == CONN_CONSOLE &&
		    n->out.len + len <= CONSOLE_OUT_MAX &&
		    frame_put(&n->out, FRAME_OUT, 1, data, len) < 0)
			conn_free(n);
	}
}

void channel_free(struct channel *c)
{
	/* `storeboot stop` waits for the end of this process, which also closes its connection. */
	for (size_t i = 0; i < CONNS_MAX; i++) {
		if (c->conns[i].kind == CONN_STOP)
			c->conns[i].fd = -1;
		conn_end(&c->conns[i]);
	}
	cleanup_close(&c->port);
	cleanup_close(&c->listener);
	buf_free(&c->from_guest);
	buf_free(&c->to_guest);
	buf_free(&c->typed);
	buf_free(&c->kept);
	*c = (struct channel)CHANNEL_INIT;
}
