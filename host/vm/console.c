/* SPDX-License-Identifier: MIT */
/*
 * console.c - the guest's first serial port on our stdin and stdout
 *
 * QEMU has the port on a socket and never touches the terminal. Only the launcher changes the
 * terminal's modes, so it can restore them even if QEMU was killed. Without a terminal, stdin is
 * read only if the caller asks for it (reads): it may be the caller's.
 */
#include "host/vm/console.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "host/lib/progress.h"
#include "init/lib/macro.h"
#include "init/lib/sys.h"

/* poll(2) reports that a terminal takes some bytes, not how many. This many do not block. */
#define WRITE_MAX 512
#define CLOSE_TIMEOUT_US 5000000

void console_look(struct console *c)
{
	*c = (struct console){ .fd = -1 };
	terminal_look(&c->terminal);
	c->interactive = c->terminal.there;
}

void console_open(struct console *c, int fd)
{
	c->fd = fd;
	if (c->interactive)
		c->interactive = terminal_raw(&c->terminal);
}

/* A pipe is read only when the guest has taken what came before. Keys are always read: one of them
 * ends QEMU. */
static bool has_keys(const struct console *c)
{
	return c->interactive ? terminal_readable() : c->reads && c->fd >= 0 && c->in_len == 0;
}

void console_polls(const struct console *c, struct pollfd *fds)
{
	bool room = c->out_len == 0, typed = c->in_len > 0;

	fds[CONSOLE_GUEST] =
		(struct pollfd){ c->fd, (short)((room ? POLLIN : 0) | (typed ? POLLOUT : 0)), 0 };
	/* poll(2) reports a hang-up again and again: ask only when it can be handled. */
	if (!room && !typed)
		fds[CONSOLE_GUEST].fd = -1;
	fds[CONSOLE_IN] = (struct pollfd){ has_keys(c) ? STDIN_FILENO : -1, POLLIN, 0 };
	fds[CONSOLE_OUT] = (struct pollfd){ room ? -1 : STDOUT_FILENO, POLLOUT, 0 };
}

static void keep_tail(struct console *c, const char *data, size_t len)
{
	size_t max = sizeof(c->tail) - 1, drop;

	drop = c->tail_len + len > max ? c->tail_len + len - max : 0;
	memmove(c->tail, c->tail + drop, c->tail_len - drop);
	c->tail_len -= drop;
	for (size_t i = 0; i < len; i++) /* a NUL would end the string */
		c->tail[c->tail_len++] = data[i] ? data[i] : ' ';
	c->tail[c->tail_len] = '\0';
}

static void show(struct console *c, const char *data, size_t n)
{
	progress_yield(STDOUT_FILENO);
	c->out_at = 0;
	c->out_len = terminal_output(STDOUT_FILENO, c->filtered, &c->escapes, data, n, c->out);
}

static void read_guest(struct console *c)
{
	char data[sizeof(c->out) - ESCAPES_HELD];
	ssize_t n = read(c->fd, data, sizeof(data));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		close(c->fd);
		c->fd = -1;
		return;
	}
	keep_tail(c, data, (size_t)n);
	if (c->log)
		console_log_add(c->log, data, (size_t)n);
	if (c->said)
		c->said(data, (size_t)n, c->said_arg);
	if (!c->out_error && !c->muted)
		show(c, data, (size_t)n);
}

static void write_out(struct console *c)
{
	size_t len = c->out_len < WRITE_MAX ? c->out_len : WRITE_MAX;
	ssize_t n = write(STDOUT_FILENO, c->out + c->out_at, len);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0) {
		c->out_error = errno;
		c->out_len = 0;
		return;
	}
	c->out_at += (size_t)n;
	c->out_len -= (size_t)n;
}

size_t console_type(struct console *c, const char *keys, size_t n)
{
	size_t room = sizeof(c->in) - c->in_len;

	n = n < room ? n : room;
	memcpy(c->in + c->in_len, keys, n);
	c->in_len += n;
	return n;
}

static void read_typed(struct console *c)
{
	char keys[256];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	if (n < 0 && (errno == EINTR || errno == EAGAIN || (errno == EIO && terminal_away())))
		return;
	if (n <= 0) { /* the terminal is gone, and SIGHUP follows; or the pipe ends */
		c->interactive = c->reads = false;
		return;
	}
	/* If the guest does not read, keys are lost, but never the escape key. */
	(void)console_type(
		c, keys, c->interactive ? terminal_keys(&c->terminal, keys, (size_t)n) : (size_t)n);
}

static void write_guest(struct console *c)
{
	ssize_t n = write(c->fd, c->in, c->in_len);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0) { /* QEMU is gone */
		c->in_len = 0;
		return;
	}
	memmove(c->in, c->in + n, c->in_len - (size_t)n);
	c->in_len -= (size_t)n;
}

void console_serve(struct console *c, const struct pollfd *fds)
{
	if (fds[CONSOLE_OUT].revents)
		write_out(c);
	if (fds[CONSOLE_GUEST].revents & POLLOUT)
		write_guest(c);
	if (fds[CONSOLE_IN].revents)
		read_typed(c);
	if (fds[CONSOLE_GUEST].revents & (POLLIN | POLLHUP | POLLERR) && c->out_len == 0)
		read_guest(c);
}

void console_close(struct console *c)
{
	uint64_t deadline = sys_now_us() + CLOSE_TIMEOUT_US;

	while ((c->fd >= 0 || c->out_len > 0) && sys_now_us() < deadline) {
		struct pollfd fds[CONSOLE_POLLS];

		c->in_len = 0;
		console_polls(c, fds);
		fds[CONSOLE_IN].fd = -1;
		if (poll(fds, CONSOLE_POLLS, 50) >= 0)
			console_serve(c, fds);
	}
	/* Nobody read it: report the loss. */
	if (c->out_len > 0 && !c->out_error)
		c->out_error = ETIMEDOUT;
	cleanup_close(&c->fd);
	c->fd = -1;
	if (!c->terminal.wanted)
		return;
	c->interactive = false;
	terminal_restore(&c->terminal);
	/* The next message begins a line. */
	if (c->tail_len > 0 && c->tail[c->tail_len - 1] != '\n' &&
	    write(STDOUT_FILENO, "\n", 1) < 0)
		c->out_error = errno;
}
