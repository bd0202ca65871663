/* SPDX-License-Identifier: MIT */
/* rescue.c - a shell in the guest after stage 1 failed, and what to do next */
#include "host/vm/rescue.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "host/lib/harmless.h"
#include "init/lib/record.h"

/* In raw mode a terminal needs both to begin a new line. */
#define NL "\r\n"

enum { SOCK, IN };

static void ask(struct rescue *r)
{
	r->state = RESCUE_ASK;
	fprintf(stderr,
		NL "storeboot: step %s: r tries it again, s is the shell, p powers off: ", r->step);
}

static void begin_shell(struct rescue *r, struct channel *c)
{
	static const struct command_options shell = { .tty = true };
	_cleanup_buf_ struct buf request = { 0 };
	struct err e = { 0 };
	int fd;

	command_close(&r->shell);
	r->shell = (struct command)COMMAND_INIT;
	r->shell.filtered = r->filtered;
	r->state = RESCUE_SHELL;
	fd = command_request(&shell, &request, &e) < 0 ? -1 : channel_connect(c);
	if (fd < 0 || command_start(&r->shell, fd, &request, true) < 0)
		ask(r);
}

void rescue_begin(struct rescue *r, struct channel *c, struct console *console, const char *why)
{
	char text[sizeof(((struct record *)NULL)->text)];

	snprintf(text, sizeof(text), "%s", why);
	harmless_line(text);
	snprintf(r->step, sizeof(r->step), "%s", c->text);
	harmless_line(r->step);
	if (r->state == RESCUE_NO) {
		r->muted = console->muted;
		r->interactive = console->interactive;
	}
	console->muted = true;
	console->interactive = false;
	r->filtered = console->filtered;
	if (r->filtered) /* the shell's output would split an escape sequence */
		console->out_len = 0;
	fprintf(stderr,
		NL "storeboot: stage 1 failed at step %s: %s" NL
		   "storeboot: this is a shell in the guest; its end asks what to do" NL,
		r->step, text);
	begin_shell(r, c);
}

void rescue_polls(const struct rescue *r, struct pollfd *fds)
{
	command_polls(&r->shell, fds);
	if (r->state == RESCUE_ASK)
		fds[IN] = (struct pollfd){ terminal_readable() ? STDIN_FILENO : -1, POLLIN, 0 };
}

/* Gives the console back to the user. */
static void leave(struct rescue *r, struct console *console)
{
	r->state = RESCUE_NO;
	console->muted = r->muted;
	console->interactive = r->interactive;
}

static void answer(struct rescue *r, struct channel *c, struct console *console)
{
	char key = 'p'; /* if the terminal is gone */

	if (read(STDIN_FILENO, &key, 1) < 0 &&
	    (errno == EAGAIN || errno == EINTR || (errno == EIO && terminal_away())))
		return;
	switch (key) {
	case 'r':
	case 's':
	case 'p':
		fprintf(stderr, "%c" NL, key);
		break;
	default:
		return;
	}
	if (key == 's') {
		begin_shell(r, c);
		return;
	}
	leave(r, console);
	channel_tell(c, key == 'r' ? FRAME_RETRY : FRAME_OFF, 1, 0, NULL);
}

void rescue_serve(struct rescue *r, struct channel *c, struct console *console,
		  const struct pollfd *fds)
{
	if (r->state == RESCUE_ASK && fds[IN].revents)
		answer(r, c, console);
	if (r->state != RESCUE_SHELL)
		return;
	command_serve(&r->shell, fds);
	if (!command_done(&r->shell))
		return;
	if (r->shell.state == COMMAND_REFUSED || r->shell.state == COMMAND_LOST) {
		harmless_line(r->shell.why);
		fprintf(stderr, NL "storeboot: %s" NL, r->shell.why);
	}
	command_close(&r->shell);
	ask(r);
}

void rescue_window(struct rescue *r)
{
	command_signal(&r->shell, SIGWINCH);
}

void rescue_free(struct rescue *r)
{
	command_close(&r->shell);
}
