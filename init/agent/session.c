/* SPDX-License-Identifier: MIT */
/*
 * session.c - one command or connection of the host: its process, its streams, its end
 *
 * Theory of operation: a session lives until its process has ended and its output is in the port's
 * buffer; FRAME_EXIT is its last frame. The end of the process decides, not the end of its pipes,
 * since its children may keep them open. Output in the pipes at that moment is still sent.
 *
 * A connection to a TCP port has a socket in place of the pipes and no process. Each side may end
 * its direction alone: FRAME_IN_END shuts it down, and an empty FRAME_OUT reports the guest's end.
 * Its session lives until both have ended.
 */
#include "init/agent/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/agent/command.h"
#include "init/agent/dial.h"
#include "init/lib/request.h"

#define CONNECTION "the guest's loopback"

enum { IN, OUT, ERR, EXEC };

static void close_fd(int *fd)
{
	cleanup_close(fd);
	*fd = -1;
}

static int put_refused(const struct session *s, int status, const char *what, int num,
		       struct buf *port)
{
	char text[FRAME_TEXT_MAX];

	snprintf(text, sizeof(text), "%s: %s", what, strerror(num));
	return frame_put_text(port, FRAME_REFUSED, s->id, status, text);
}

static void session_free(struct session *s)
{
	close_fd(&s->in);
	close_fd(&s->out);
	close_fd(&s->err);
	close_fd(&s->exec_fd);
	buf_free(&s->to_in);
	s->pid = 0;
}

/* The three streams and the pipe that reports the exec: our end and the child's end of each. */
struct ends {
	int ours[4], theirs[4];
};

static void ends_close(struct ends *e)
{
	for (int i = 0; i < 4; i++) {
		close_fd(&e->ours[i]);
		close_fd(&e->theirs[i]);
	}
}

static int make_pipe(int *reading, int *writing)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	*reading = ends[0];
	*writing = ends[1];
	return 0;
}

static int make_ends(const struct request *req, struct ends *e)
{
	int r = make_pipe(&e->ours[EXEC], &e->theirs[EXEC]);

	if (r == 0 && req->tty) {
		r = command_terminal(req, &e->ours[OUT], &e->theirs[IN]);
		if (r == 0)
			e->ours[IN] = fcntl(e->ours[OUT], F_DUPFD_CLOEXEC, 3);
		if (r == 0 && e->ours[IN] < 0)
			r = -errno;
	} else if (r == 0) {
		r = make_pipe(&e->theirs[IN], &e->ours[IN]);
		if (r == 0)
			r = make_pipe(&e->ours[OUT], &e->theirs[OUT]);
		if (r == 0)
			r = make_pipe(&e->ours[ERR], &e->theirs[ERR]);
	}
	for (int i = 0; r == 0 && i < 4; i++)
		if (e->ours[i] >= 0 && fcntl(e->ours[i], F_SETFL, O_NONBLOCK) < 0)
			r = -errno;
	return r;
}

static int start(struct session *s, const struct agent_config *c, const struct request *req)
{
	_cleanup_(ends_close) struct ends e = { { -1, -1, -1, -1 }, { -1, -1, -1, -1 } };
	int r = make_ends(req, &e);
	pid_t pid;

	if (r < 0)
		return r;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		command_exec(c, req, e.theirs, e.theirs[EXEC]);
	s->pid = pid;
	s->tty = req->tty;
	s->in = take_fd(&e.ours[IN]);
	s->out = take_fd(&e.ours[OUT]);
	s->err = take_fd(&e.ours[ERR]);
	s->exec_fd = take_fd(&e.ours[EXEC]);
	return 0;
}

static int start_socket(struct session *s, unsigned short port)
{
	_cleanup_close_ int fd = dial(port);

	if (fd < 0)
		return fd;
	s->out = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (s->out < 0)
		return -errno;
	s->in = take_fd(&fd);
	s->pid = SESSION_SOCKET;
	return 0;
}

int session_open(struct session *s, const struct agent_config *c, const struct frame *f,
		 struct buf *port)
{
	_cleanup_(request_free) struct request req = { 0 };
	int r = request_parse(f->data, f->len, &req);

	*s = (struct session){ .id = f->session, .in = -1, .out = -1, .err = -1, .exec_fd = -1 };
	if (r == 0)
		r = req.port ? start_socket(s, req.port) : start(s, c, &req);
	if (r < 0)
		return put_refused(s, r == -ECONNREFUSED ? 127 : 125,
				   req.port ? CONNECTION :
				   req.tty  ? "the command cannot be started on a terminal" :
					      "the command cannot be started",
				   -r, port);
	return frame_put_credit(port, s->id, FRAME_IN, FRAME_WINDOW);
}

static void take_input(struct session *s, const struct frame *f)
{
	if (s->in < 0) /* stdin is closed: drop the data */
		return;
	if (s->to_in.len + f->len > FRAME_WINDOW || buf_add(&s->to_in, f->data, f->len) < 0) {
		/* More than was granted, which our launcher never sends; or no memory. */
		buf_free(&s->to_in);
		close_fd(&s->in);
	}
}

/* Signals the process group, or only the process before its setsid(2). */
static void send_signal(const struct session *s, int signal)
{
	if (s->pid > 0 && !s->exited && kill(-s->pid, signal) < 0 && errno == ESRCH)
		kill(s->pid, signal);
}

void session_frame(struct session *s, const struct frame *f)
{
	struct winsize size = { 0 };
	uint32_t bytes = (uint32_t)frame_number(f, 1, 4);
	uint32_t *credit = f->len > 0 && f->data[0] == FRAME_ERR ? &s->err_credit : &s->out_credit;

	switch (f->kind) {
	case FRAME_IN:
		take_input(s, f);
		break;
	case FRAME_IN_END:
		s->in_end = true;
		break;
	case FRAME_CREDIT:
		if (bytes <= FRAME_WINDOW && *credit <= FRAME_WINDOW - bytes)
			*credit += bytes;
		break;
	case FRAME_SIGNAL:
		if (f->len > 0 && f->data[0] > 0 && f->data[0] < _NSIG)
			send_signal(s, f->data[0]);
		break;
	case FRAME_WINDOW_SIZE:
		size.ws_row = (unsigned short)frame_number(f, 0, 2);
		size.ws_col = (unsigned short)frame_number(f, 2, 2);
		if (s->tty && s->out >= 0 && ioctl(s->out, TIOCSWINSZ, &size) < 0)
			break; /* the size stays the same */
		break;
	case FRAME_HANGUP:
		session_hangup(s);
		break;
	default: /* not a frame for a session */
		break;
	}
}

/* The agent still waits for the child (agent.c, reap). */
void session_hangup(struct session *s)
{
	send_signal(s, SIGHUP);
	send_signal(s, SIGCONT);
	session_free(s);
}

/* Bytes that wait in a pipe or a terminal. */
static size_t left_in(int fd)
{
	int left = 0;

	return fd >= 0 && ioctl(fd, FIONREAD, &left) == 0 && left > 0 ? (size_t)left : 0;
}

void session_exited(struct session *s, int status)
{
	s->exited = true;
	s->status = status;
	/* Output that other processes write from now on is not sent. */
	s->out_left = left_in(s->out);
	s->err_left = left_in(s->err);
}

void session_polls(const struct session *s, bool listen, struct pollfd *fds)
{
	bool write = s->to_in.len > 0;

	fds[IN] = (struct pollfd){ write ? s->in : -1, POLLOUT, 0 };
	fds[OUT] = (struct pollfd){ listen && s->out_credit > 0 ? s->out : -1, POLLIN, 0 };
	fds[ERR] = (struct pollfd){ listen && s->err_credit > 0 ? s->err : -1, POLLIN, 0 };
	fds[EXEC] = (struct pollfd){ s->exec_fd, POLLIN, 0 };
}

/* FRAME_IN_END does not close a terminal: a typed end-of-file ends its input. A reset connection is
 * reported when its output is read. */
static int serve_in(struct session *s, struct buf *port)
{
	ssize_t n = s->to_in.len > 0 && s->in >= 0 ? write(s->in, s->to_in.data, s->to_in.len) : 0;
	int r = 0;

	if (n > 0) {
		frame_drop(&s->to_in, (size_t)n);
		r = frame_put_credit(port, s->id, FRAME_IN, (uint32_t)n);
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) { /* the command reads no more */
		buf_free(&s->to_in);
		close_fd(&s->in);
	}
	if (s->in_end && s->to_in.len == 0 && !s->tty) {
		shutdown(s->in, SHUT_WR); /* fails if it is a pipe or closed */
		close_fd(&s->in);
	}
	return r;
}

/* Sends the output of at most one frame. left: bytes still to send after the command has ended; a
 * terminal has no such count and is read until it is empty. Returns 1 if there may be more, 0 if
 * there is none now, or -ENOMEM. */
static int serve_out(struct session *s, enum frame_kind kind, int *fd, uint32_t *credit,
		     size_t *left, struct buf *port)
{
	char data[FRAME_DATA_MAX];
	size_t max = *credit < sizeof(data) ? *credit : sizeof(data);
	ssize_t n;

	if (s->exited && !s->tty && *left == 0)
		close_fd(fd);
	if (*fd < 0 || max == 0)
		return 0;
	if (s->exited && !s->tty && max > *left)
		max = *left;
	n = read(*fd, data, max);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (s->exited && errno == EAGAIN)
			close_fd(fd);
		return 0;
	}
	if (s->pid == SESSION_SOCKET && n < 0) {
		n = put_refused(s, 125, CONNECTION, errno, port);
		session_hangup(s);
		return (int)n;
	}
	if (n <= 0) { /* EIO: no process has the terminal open any more */
		close_fd(fd);
		return s->pid == SESSION_SOCKET ? frame_put(port, kind, s->id, NULL, 0) : 0;
	}
	*credit -= (uint32_t)n;
	*left -= s->exited && !s->tty ? (size_t)n : 0;
	return frame_put(port, kind, s->id, data, (size_t)n) < 0 ? -ENOMEM : 1;
}

/* Reads the result of the exec, if there is one. Returns 0 or -ENOMEM. */
static int serve_exec(struct session *s, struct buf *port)
{
	struct command_failure f;
	ssize_t n = read(s->exec_fd, &f, sizeof(f));
	char what[sizeof(f.what) + 64];

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	close_fd(&s->exec_fd);
	if (n != (ssize_t)sizeof(f))
		return 0;
	f.what[sizeof(f.what) - 1] = '\0';
	snprintf(what, sizeof(what), "%s%s",
		 f.status == 125 ? "the command cannot be started: " : "cannot execute ", f.what);
	n = put_refused(s, f.status, what, f.num, port);
	session_hangup(s);
	return (int)n;
}

static int put_exit(const struct session *s, struct buf *port)
{
	uint64_t numbers[2] = { 0 };

	if (WIFSIGNALED(s->status)) {
		numbers[0] = 128 + (uint64_t)WTERMSIG(s->status);
		numbers[1] = (uint64_t)WTERMSIG(s->status);
	} else {
		numbers[0] = (uint64_t)WEXITSTATUS(s->status);
	}
	return frame_put_numbers(port, FRAME_EXIT, s->id, 4, 2, numbers);
}

int session_serve(struct session *s, const struct pollfd *fds, struct buf *port)
{
	int r = fds[EXEC].revents ? serve_exec(s, port) : 0;

	if (!s->pid) /* the exec failed */
		return r;
	if (r == 0 && (fds[IN].revents || s->in_end))
		r = serve_in(s, port);
	/* Once the process has ended, read all that the credit allows. */
	do {
		if (r >= 0 && (fds[OUT].revents || s->exited))
			r = serve_out(s, FRAME_OUT, &s->out, &s->out_credit, &s->out_left, port);
	} while (r == 1 && s->exited);
	do {
		if (r >= 0 && (fds[ERR].revents || s->exited))
			r = serve_out(s, FRAME_ERR, &s->err, &s->err_credit, &s->err_left, port);
	} while (r == 1 && s->exited);
	if (r < 0)
		return r;
	if ((s->exited || (s->pid == SESSION_SOCKET && s->in < 0)) && s->out < 0 && s->err < 0 &&
	    s->exec_fd < 0) {
		r = put_exit(s, port);
		session_free(s);
	}
	return r < 0 ? r : 0;
}
