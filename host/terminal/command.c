/* SPDX-License-Identifier: MIT */
/* command.c - a command in the guest, on our stdin, stdout, stderr and terminal */
#include "host/terminal/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "init/lib/str.h"

#define SESSION 1 /* a connection has one command */
/* poll(2) reports that a pipe or terminal takes some bytes, not how many. This many do not block
 * write(2) (pipe(7): a page of a pipe is free). */
#define WRITE_MAX 4096
#define WRITE_MAX_TTY 512
#define CTRL_C 0x03
#define GRANT_MIN 32768 /* credit is granted in pieces of this size, not after every write */

enum { SOCK, IN, OUT, ERR };

static int add_env(const char *word, struct strv *ret, struct err *e)
{
	const char *value;

	if (word[0] == '\0' || word[0] == '=')
		return err_exit(e, EXIT_USAGE, EINVAL, "--env %s: want NAME=VALUE, or NAME", word);
	if (strchr(word, '='))
		return strv_add(ret, word);
	value = getenv(word);
	return value ? strv_addf(ret, "%s=%s", word, value) : 0;
}

static int fill_request(const struct command_options *o, struct request *req, struct err *e)
{
	const char *term = getenv("TERM");
	int r = 0;

	req->port = o->port;
	req->shell = !o->port && (!o->argv || !o->argv[0]);
	req->tty = o->tty;
	if (o->tty &&
	    terminal_size(&req->rows, &req->columns) < 0) { /* a terminal without a known size */
		req->rows = 24;
		req->columns = 80;
	}
	if (o->argv)
		r = strv_add_all(&req->argv, (const char *const *)o->argv);
	if (r == 0 && o->tty)
		r = strv_addf(&req->env, "TERM=%s", term && term[0] ? term : "vt100");
	for (size_t i = 0; r == 0 && o->env && o->env[i]; i++)
		r = add_env(o->env[i], &req->env, e);
	if (r == 0 && o->folder) {
		req->folder = strdup(o->folder);
		r = req->folder ? 0 : -ENOMEM;
	}
	return r;
}

/* Without a COMMAND a shell runs, which takes the terminal without --tty. */
static int no_terminal(const struct command_options *o, struct err *e)
{
	const char *which = isatty(STDIN_FILENO)  ? "stdout is none" :
			    isatty(STDOUT_FILENO) ? "stdin is none" :
						    "stdin and stdout are none";

	if (!o->argv || !o->argv[0])
		return err_exit(e, EXIT_USAGE, ENOTTY,
				"exec: a shell needs a terminal, and %s; give a COMMAND after --",
				which);
	return err_exit(e, EXIT_USAGE, ENOTTY,
			"--tty: the command needs a terminal, and %s; leave it out", which);
}

int command_request(const struct command_options *o, struct buf *ret, struct err *e)
{
	_cleanup_(request_free) struct request req = { 0 };
	int r;

	if (o->tty && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
		return no_terminal(o, e);
	r = fill_request(o, &req, e);
	if (r == 0)
		r = request_format(&req, ret);
	if (r == -EMSGSIZE)
		return err_exit(
			e, EXIT_USAGE, E2BIG,
			"the command, its environment and its folder have %zu bytes; at most %d go "
			"to the guest: put them into a file in the store, or feed them to its stdin",
			ret->len, FRAME_PAYLOAD_MAX);
	return r < 0 && !e->num ? err_sys(e, r, "the command") : r;
}

int command_start(struct command *c, int sock, const struct buf *request, bool tty)
{
	int r = frame_put(&c->out, FRAME_OPEN, SESSION, request->data, request->len);

	c->sock = sock;
	c->state = COMMAND_RUNS;
	c->tty = tty;
	c->stdin_open = true;
	c->stdout_ = (struct command_stream){ .kind = FRAME_OUT, .fd = STDOUT_FILENO };
	c->stderr_ = (struct command_stream){ .kind = FRAME_ERR, .fd = STDERR_FILENO };
	if (r == 0)
		r = frame_put_credit(&c->out, SESSION, FRAME_OUT, FRAME_WINDOW);
	if (r == 0)
		r = frame_put_credit(&c->out, SESSION, FRAME_ERR, FRAME_WINDOW);
	if (r < 0)
		return r;
	terminal_look(&c->terminal);
	if (tty)
		terminal_raw(&c->terminal);
	return 0;
}

static size_t waiting(const struct command_stream *s)
{
	return s->data.len - s->at;
}

void command_polls(const struct command *c, struct pollfd *fds)
{
	bool runs = c->state == COMMAND_RUNS;
	/* On a terminal also read without credit: the escape key always works. A guest may grant
	 * credit without end and read nothing. */
	bool room = c->credit > 0 && c->out.len < FRAME_WINDOW;
	bool typing = runs && c->stdin_open && (room || c->tty) && terminal_readable();

	fds[SOCK] = (struct pollfd){ runs ? c->sock : -1,
				     (short)(POLLIN | (c->out.len > 0 ? POLLOUT : 0)), 0 };
	fds[IN] = (struct pollfd){ typing ? STDIN_FILENO : -1, POLLIN, 0 };
	fds[OUT] = (struct pollfd){ waiting(&c->stdout_) > 0 ? STDOUT_FILENO : -1, POLLOUT, 0 };
	fds[ERR] = (struct pollfd){ waiting(&c->stderr_) > 0 ? STDERR_FILENO : -1, POLLOUT, 0 };
}

static void lose(struct command *c, const char *why)
{
	if (c->state != COMMAND_RUNS)
		return;
	c->state = COMMAND_LOST;
	snprintf(c->why, sizeof(c->why), "%s", why);
}

static void put(struct command *c, int r)
{
	if (r < 0)
		lose(c, "out of memory");
}

static void grant(struct command *c, struct command_stream *s)
{
	if (s->owed <= 0 || (s->owed < GRANT_MIN && waiting(s) > 0))
		return;
	put(c, frame_put_credit(&c->out, SESSION, s->kind, (uint32_t)s->owed));
	s->owed = 0;
}

static void take_output(struct command *c, struct command_stream *s, const struct frame *f)
{
	const char *data = (const char *)f->data;
	size_t n;

	if (c->out_error)
		return;
	s->ended = c->connection && f->len == 0;
	/* Input that the filter holds back is granted again before it passes. */
	if (waiting(s) + f->len > FRAME_WINDOW + ESCAPES_HELD) {
		lose(c, "the guest says more than it may");
		return;
	}
	/* A command on a terminal has no stderr: a guest could complete a sequence of stdout with
	 * it. */
	if (s->kind == FRAME_ERR && c->tty && terminal_filters(s->fd, c->filtered))
		return;
	if (buf_reserve(&s->data, f->len + ESCAPES_HELD) < 0) {
		lose(c, "out of memory");
		return;
	}
	n = terminal_output(s->fd, c->filtered, &s->escapes, data, f->len,
			    s->data.data + s->data.len);
	s->data.len += n;
	s->data.data[s->data.len] = '\0';
	s->owed += (int64_t)f->len - (int64_t)n;
	grant(c, s);
}

static void take_end(struct command *c, const struct frame *f)
{
	bool refused = f->kind == FRAME_REFUSED;

	c->state = refused ? COMMAND_REFUSED : COMMAND_ENDED;
	c->status = (int)(frame_number(f, 0, 4) & 0xff);
	c->signal = refused ? 0 : (int)(frame_number(f, 4, 4) & 0x7f);
	if (refused)
		frame_text(f, c->why, sizeof(c->why));
	/* A code of the launcher. A command's status may be any number, so the text has it. */
	if (refused && c->status < EXIT_COMMAND && !c->connection) {
		snprintf(c->why + strlen(c->why), sizeof(c->why) - strlen(c->why), " (code %d)",
			 c->status);
		c->status = EXIT_COMMAND;
	}
}

static void take_gone(struct command *c, const struct frame *f)
{
	char why[FRAME_TEXT_MAX + 1];

	frame_text(f, why, sizeof(why));
	lose(c, why);
}

static void take_frame(struct command *c, const struct frame *f)
{
	c->answered = true;
	switch (f->kind) {
	case FRAME_OUT:
		take_output(c, &c->stdout_, f);
		break;
	case FRAME_ERR:
		take_output(c, &c->stderr_, f);
		break;
	case FRAME_CREDIT:
		c->credit += (uint32_t)frame_number(f, 1, 4);
		if (c->credit > FRAME_WINDOW)
			c->credit = FRAME_WINDOW;
		break;
	case FRAME_EXIT:
	case FRAME_REFUSED:
		take_end(c, f);
		break;
	case FRAME_GONE:
		take_gone(c, f);
		break;
	default:
		break;
	}
}

static void take_frames(struct command *c)
{
	struct frame f;
	size_t at = 0;
	int n;

	while ((n = frame_take(c->in.data + at, c->in.len - at, &f)) > 0) {
		take_frame(c, &f);
		at += (size_t)n;
	}
	frame_drop(&c->in, at);
	if (n < 0)
		lose(c, "what comes from the guest is no frame");
}

static void read_sock(struct command *c)
{
	char data[65536];
	ssize_t n = recv(c->sock, data, sizeof(data), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		lose(c, "the VM's launcher closed the connection without a reason: it was killed");
		return;
	}
	put(c, buf_add(&c->in, data, (size_t)n));
	take_frames(c);
}

static void write_sock(struct command *c)
{
	ssize_t n = c->out.len > 0 ?
			    send(c->sock, c->out.data, c->out.len, MSG_DONTWAIT | MSG_NOSIGNAL) :
			    0;

	if (n > 0)
		frame_drop(&c->out, (size_t)n);
}

static void read_stdin(struct command *c)
{
	char data[FRAME_DATA_MAX];
	size_t max = c->credit < sizeof(data) && !c->tty ? c->credit : sizeof(data), len;
	ssize_t n = read(STDIN_FILENO, data, max);

	if (n < 0 && (errno == EAGAIN || errno == EINTR || (errno == EIO && terminal_away())))
		return;
	if (n <= 0) { /* end of file, or an error */
		c->stdin_open = false;
		put(c, frame_put(&c->out, FRAME_IN_END, SESSION, NULL, 0));
		return;
	}
	/* In raw mode the terminal sends no signal, and until the guest answers nothing there takes
	 * the key. */
	if (c->tty && !c->answered && memchr(data, CTRL_C, (size_t)n))
		c->terminal.quit = true;
	len = c->tty ? terminal_keys(&c->terminal, data, (size_t)n) : (size_t)n;
	if (c->terminal.quit)
		c->state = COMMAND_LEFT;
	len = len < c->credit ? len : c->credit;
	if (c->tty && c->out.len >= FRAME_WINDOW)
		len = 0;
	if (len == 0)
		return;
	c->credit -= (uint32_t)len;
	put(c, frame_put(&c->out, FRAME_IN, SESSION, data, len));
}

/* How much to write at once: at most max bytes, without splitting a sequence of a filtered stream.
 * The other stream may have the same terminal, and could complete it. */
static size_t piece(const struct command_stream *s, size_t max)
{
	const char *data = s->data.data + s->at;

	if (waiting(s) <= max)
		return waiting(s);
	for (size_t i = max - 1; i > 0 && max - i < ESCAPES_HELD; i--)
		if (data[i] == '\033')
			return i;
	return max;
}

static void write_stream(struct command *c, struct command_stream *s)
{
	const bool terminal = isatty(s->fd) == 1;
	size_t max = terminal ? WRITE_MAX_TTY : WRITE_MAX;
	struct pollfd p = { s->fd, POLLOUT, 0 };
	ssize_t n;

	if (poll(&p, 1, 0) != 1) /* both may be one pipe, which the other has filled */
		return;
	max = piece(s, max);
	n = write(s->fd, s->data.data + s->at, max);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		c->out_error = errno;
		s->data.len = s->at = 0;
		s->cut = false;
		if (c->state == COMMAND_RUNS)
			c->state = COMMAND_LEFT;
		return;
	}
	s->at += (size_t)n;
	s->owed += n;
	s->cut = terminal && (size_t)n < max;
	if (s->at == s->data.len) {
		s->data.len = s->at = 0;
	} else if (s->at >= FRAME_WINDOW) {
		frame_drop(&s->data, s->at);
		s->at = 0;
	}
	if (c->state == COMMAND_RUNS)
		grant(c, s);
}

/* Closes our stdout. It may share its socket with stdin. The number stays in use. */
static void end_output(struct command *c)
{
	_cleanup_close_ int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (waiting(&c->stdout_) > 0)
		return;
	c->stdout_.ended = false;
	shutdown(STDOUT_FILENO, SHUT_WR); /* fails if it is no socket */
	if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
		close(STDOUT_FILENO);
}

void command_serve(struct command *c, const struct pollfd *fds)
{
	if (c->state == COMMAND_RUNS && fds[SOCK].revents & ~POLLOUT)
		read_sock(c);
	if (c->state == COMMAND_RUNS && fds[IN].revents)
		read_stdin(c);
	/* Both may be one terminal: the other must not complete a sequence. */
	if (fds[OUT].revents && !c->stderr_.cut)
		write_stream(c, &c->stdout_);
	if (fds[ERR].revents && !c->stdout_.cut)
		write_stream(c, &c->stderr_);
	if (c->stdout_.ended)
		end_output(c);
	if (c->state == COMMAND_RUNS)
		write_sock(c);
}

bool command_done(const struct command *c)
{
	return c->state == COMMAND_LEFT ||
	       (c->state > COMMAND_RUNS && waiting(&c->stdout_) == 0 && waiting(&c->stderr_) == 0);
}

bool command_held(const struct command *c)
{
	return (waiting(&c->stdout_) > 0 && terminal_held(STDOUT_FILENO)) ||
	       (waiting(&c->stderr_) > 0 && terminal_held(STDERR_FILENO));
}

void command_signal(struct command *c, int signal)
{
	const uint64_t number = (uint64_t)signal;
	unsigned short rows, columns;

	if (c->state != COMMAND_RUNS)
		return;
	if (signal != SIGWINCH)
		put(c, frame_put_numbers(&c->out, FRAME_SIGNAL, SESSION, 1, 1, &number));
	else if (c->tty && terminal_size(&rows, &columns) == 0)
		put(c, frame_put_numbers(&c->out, FRAME_WINDOW_SIZE, SESSION, 2, 2,
					 (const uint64_t[]){ rows, columns }));
}

void command_close(struct command *c)
{
	terminal_restore(&c->terminal);
	cleanup_close(&c->sock);
	c->sock = -1;
	buf_free(&c->in);
	buf_free(&c->out);
	buf_free(&c->stdout_.data);
	buf_free(&c->stderr_.data);
	c->stdout_.at = c->stderr_.at = 0;
}
