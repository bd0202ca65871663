/* SPDX-License-Identifier: MIT */
/*
 * agent.c - the guest's end of the channel: runs commands for the host
 *
 * Theory of operation: one poll(2) waits for the port, the streams of up to SESSIONS commands, the
 * end of children (a signalfd), and the pipe and socket that report on stage 2. The port is
 * non-blocking; frames that do not fit it wait in port_out, which the credits bound.
 */
#include "init/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init/agent/off.h"
#include "init/agent/session.h"
#include "init/lib/str.h"

#define SESSIONS 20	       /* more than the launcher allows at a time */
#define HOST_TRIES 500	       /* 10 ms apart */
#define PORT_OUT_ENOUGH 131072 /* bytes for the host; above this, no output of commands is read */
#define CLOCK_TOLERANCE_NS 200000000 /* a smaller difference is not corrected */

enum { POLL_PORT, POLL_CHILD, POLL_EXECED, POLL_NOTIFY, POLL_SESSIONS };
#define POLLS (POLL_SESSIONS + SESSIONS * SESSION_POLLS)

struct agent {
	const struct agent_config *c;
	int signal_fd, exec_fd, notify_fd;
	struct buf port_in, port_out;
	struct session sessions[SESSIONS];
	pid_t asking;	  /* the running poweroff program; 0: none */
	bool terminating; /* stage 2 shuts down: end after the last command */
	unsigned int waited;
	bool heard; /* the host has sent something */
	bool ended;
	enum agent_end end;
};

static void end(struct agent *a, enum agent_end why)
{
	if (!a->ended)
		a->end = why;
	a->ended = true;
}

static int say_hello(struct agent *a)
{
	unsigned char payload[8 + 64] = { FRAME_VERSION, 0, 0, 0, (unsigned char)a->c->place };

	snprintf((char *)payload + 8, sizeof(payload) - 8, "%s", a->c->text);
	return frame_put(&a->port_out, FRAME_HELLO, 0, payload, 8 + strlen((char *)payload + 8));
}

static int say_bye(struct agent *a, enum frame_bye why)
{
	const uint64_t number = why;

	return frame_put_numbers(&a->port_out, FRAME_BYE, 0, 4, 1, &number);
}

static void ask_off(struct agent *a)
{
	pid_t r = a->c->place == FRAME_AT_STAGE2 || a->c->place == FRAME_AT_SYSTEMD ?
			  off_ask(a->c->system_config) :
			  -ENOTSUP;

	if (r < 0)
		end(a, AGENT_OFF);
	else
		a->asking = r;
}

static void set_clock(const struct frame *f)
{
	uint64_t host = frame_number(f, 0, 8);
	struct timespec now;
	int64_t ahead;

	if (host == 0 || clock_gettime(CLOCK_REALTIME, &now) < 0)
		return;
	ahead = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - (int64_t)host;
	if (ahead > -CLOCK_TOLERANCE_NS && ahead < CLOCK_TOLERANCE_NS)
		return;
	now.tv_sec = (time_t)(host / 1000000000);
	now.tv_nsec = (long)(host % 1000000000);
	clock_settime(CLOCK_REALTIME, &now);
}

static void set_console_size(const struct agent *a, const struct frame *f)
{
	struct winsize size = { .ws_row = (unsigned short)frame_number(f, 0, 2),
				.ws_col = (unsigned short)frame_number(f, 2, 2) };
	_cleanup_close_ int fd =
		a->c->console ? open(a->c->console, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) :
				-1;

	/* The kernel sends SIGWINCH to the foreground processes. */
	if (fd >= 0 && ioctl(fd, TIOCSWINSZ, &size) < 0)
		return; /* the console is not a terminal */
}

static int machine_frame(struct agent *a, const struct frame *f)
{
	switch (f->kind) {
	case FRAME_POWEROFF:
		ask_off(a);
		break;
	case FRAME_OFF:
		end(a, AGENT_OFF);
		break;
	case FRAME_RETRY:
		end(a, AGENT_RETRY);
		return say_bye(a, FRAME_BYE_RETRY);
	case FRAME_CLOCK:
		set_clock(f);
		break;
	case FRAME_CONSOLE:
		set_console_size(a, f);
		break;
	default: /* not a frame for session 0 */
		break;
	}
	return 0;
}

static struct session *find(struct agent *a, uint16_t id)
{
	for (size_t i = 0; i < SESSIONS; i++)
		if (a->sessions[i].pid && a->sessions[i].id == id)
			return &a->sessions[i];
	return NULL;
}

static int open_session(struct agent *a, const struct frame *f)
{
	for (size_t i = 0; i < SESSIONS; i++)
		if (!a->sessions[i].pid)
			return session_open(&a->sessions[i], a->c, f, &a->port_out);
	return frame_put_text(&a->port_out, FRAME_REFUSED, f->session, 125,
			      "the guest's agent runs as many commands as it can");
}

static int take_frame(struct agent *a, const struct frame *f)
{
	struct session *s;

	if (f->session == 0)
		return machine_frame(a, f);
	s = find(a, f->session);
	if (s) /* frames for an ended session are ignored: they crossed with its end */
		session_frame(s, f);
	else if (f->kind == FRAME_OPEN)
		return open_session(a, f);
	return 0;
}

static int take_frames(struct agent *a)
{
	struct frame f;
	size_t at = 0;
	int n, r = 0;

	while (r == 0 && (n = frame_take(a->port_in.data + at, a->port_in.len - at, &f)) > 0) {
		r = take_frame(a, &f);
		at += (size_t)n;
	}
	frame_drop(&a->port_in, at);
	return r < 0 ? r : n;
}

/* QEMU names a port before it opens its end, and the driver does not report the opening. */
static int wait_for_host(struct agent *a)
{
	const struct timespec pause = { 0, 10 * 1000000 };

	if (++a->waited > HOST_TRIES)
		return -EPIPE;
	nanosleep(&pause, NULL);
	return 0;
}

static int read_port(struct agent *a)
{
	char data[16384];
	ssize_t n = read(a->c->port, data, sizeof(data));
	int r;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0) /* the host's end is closed; or, before its first frame, not open yet */
		return a->heard ? -EPIPE : wait_for_host(a);
	a->heard = true;
	r = buf_add(&a->port_in, data, (size_t)n);
	return r < 0 ? r : take_frames(a);
}

static int write_port(struct agent *a)
{
	ssize_t n = a->port_out.len > 0 ? write(a->c->port, a->port_out.data, a->port_out.len) : 0;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	frame_drop(&a->port_out, (size_t)n);
	return 0;
}

static void asked(struct agent *a, int status)
{
	a->asking = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		end(a, AGENT_OFF); /* poweroff failed */
}

static void reap(struct agent *a)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == a->asking)
			asked(a, status);
		for (size_t i = 0; i < SESSIONS; i++)
			if (a->sessions[i].pid == pid && !a->sessions[i].exited)
				session_exited(&a->sessions[i], status);
	}
}

/* Reports a shutdown at once: SIGKILL may follow before the last command has ended. */
static int serve_signals(struct agent *a)
{
	struct signalfd_siginfo info;
	bool before = a->terminating;

	while (read(a->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		a->terminating = a->terminating || info.ssi_signo != SIGCHLD;
	reap(a);
	return a->terminating && !before ? say_bye(a, FRAME_BYE_TERM) : 0;
}

static bool any_session(const struct agent *a)
{
	for (size_t i = 0; i < SESSIONS; i++)
		if (a->sessions[i].pid)
			return true;
	return false;
}

static int serve_execed(struct agent *a)
{
	cleanup_close(&a->exec_fd);
	a->exec_fd = -1;
	return frame_put(&a->port_out, FRAME_EXECED, 0, NULL, 0);
}

/* sd_notify(3): lines of NAME=VALUE in one datagram. Only PID 1 reports for the system. */
static int serve_notify(struct agent *a)
{
	char text[4096], control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec iov = { text, sizeof(text) - 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(a->notify_fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *h = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	struct ucred who = { 0 };
	char *save = NULL;

	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_CREDENTIALS)
		memcpy(&who, CMSG_DATA(h), sizeof(who));
	if (who.pid != 1)
		return 0;
	text[n] = '\0';
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (str_eq(line, "READY=1"))
			return frame_put(&a->port_out, FRAME_READY, 0, NULL, 0);
	return 0;
}

static void fill_polls(const struct agent *a, struct pollfd *fds)
{
	bool listen = a->port_out.len < PORT_OUT_ENOUGH;

	fds[POLL_PORT] =
		(struct pollfd){ a->c->port, (short)(POLLIN | (a->port_out.len > 0 ? POLLOUT : 0)),
				 0 };
	fds[POLL_CHILD] = (struct pollfd){ a->signal_fd, POLLIN, 0 };
	fds[POLL_EXECED] = (struct pollfd){ a->exec_fd, POLLIN, 0 };
	fds[POLL_NOTIFY] = (struct pollfd){ a->notify_fd, POLLIN, 0 };
	for (size_t i = 0; i < SESSIONS; i++) {
		struct pollfd *own = fds + POLL_SESSIONS + i * SESSION_POLLS;

		for (size_t k = 0; k < SESSION_POLLS; k++)
			own[k].fd = -1;
		if (a->sessions[i].pid)
			session_polls(&a->sessions[i], listen, own);
	}
}

static int serve(struct agent *a, const struct pollfd *fds)
{
	int r = fds[POLL_PORT].revents & ~POLLOUT ? read_port(a) : 0;

	if (r == 0 && fds[POLL_CHILD].revents)
		r = serve_signals(a);
	if (r == 0 && fds[POLL_EXECED].revents)
		r = serve_execed(a);
	if (r == 0 && fds[POLL_NOTIFY].revents)
		r = serve_notify(a);
	for (size_t i = 0; r == 0 && i < SESSIONS; i++)
		if (a->sessions[i].pid)
			r = session_serve(&a->sessions[i], fds + POLL_SESSIONS + i * SESSION_POLLS,
					  &a->port_out);
	if (a->terminating && !any_session(a))
		end(a, AGENT_TERM);
	return r < 0 ? r : write_port(a);
}

/* Sends what is left in port_out, until the port takes nothing for 1 s. */
static void flush(struct agent *a)
{
	struct pollfd p = { a->c->port, POLLOUT, 0 };

	while (a->port_out.len > 0 && poll(&p, 1, 1000) > 0 && p.revents & POLLOUT &&
	       write_port(a) == 0)
		;
}

static void hang_up_all(struct agent *a)
{
	for (size_t i = 0; i < SESSIONS; i++)
		if (a->sessions[i].pid)
			session_hangup(&a->sessions[i]);
}

enum agent_end agent_run(const struct agent_config *c)
{
	struct agent a = { .c = c, .exec_fd = c->exec_fd, .notify_fd = c->notify_fd };
	struct pollfd fds[POLLS] = { 0 };
	sigset_t signals, before;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &before);
	signal(SIGPIPE, SIG_IGN);
	a.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	r = a.signal_fd < 0 ? -errno : say_hello(&a);
	while (r == 0 && !a.ended) {
		fill_polls(&a, fds);
		if (poll(fds, POLLS, -1) < 0)
			r = errno == EINTR ? 0 : -errno;
		else
			r = serve(&a, fds);
	}
	flush(&a);
	if (!a.ended || a.end != AGENT_TERM)
		hang_up_all(&a);
	cleanup_close(&a.signal_fd);
	buf_free(&a.port_in);
	buf_free(&a.port_out);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return a.ended ? a.end : AGENT_LOST;
}
