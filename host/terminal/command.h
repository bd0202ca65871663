/* SPDX-License-Identifier: MIT */
/*
 * command.h - a command in the guest as if it ran here: our stdin, stdout and stderr, signals,
 * window
 *
 * It speaks frames on one end of a socket. The other end is the launcher's: its own for `storeboot
 * run -- COMMAND`, a connection to its control socket for `storeboot exec`.
 */
#ifndef STOREBOOT_HOST_TERMINAL_COMMAND_H
#define STOREBOOT_HOST_TERMINAL_COMMAND_H

#include <poll.h>
#include <stdbool.h>

#include "host/terminal/escapes.h"
#include "host/terminal/terminal.h"
#include "init/lib/err.h"
#include "init/lib/frame.h"
#include "init/lib/request.h"

enum command_state {
	COMMAND_NONE, /* there is none */
	COMMAND_RUNS,
	COMMAND_ENDED,	 /* status and signal say how */
	COMMAND_REFUSED, /* the guest could not start it: status, why */
	COMMAND_LOST,	 /* the guest or its agent ended before it */
	COMMAND_LEFT,	 /* we did: the user typed Ctrl-a x (or Ctrl-c, while the guest was waited
			    for), or our    stdout cannot be written (out_error) */
};

struct command_stream {
	enum frame_kind kind;
	int fd;		 /* ours: stdout or stderr */
	struct buf data; /* from the guest, not yet written */
	size_t at;	 /* how much of it is written */
	int64_t owed;	 /* written or left out, but not yet granted again */
	struct escapes escapes;
};

struct command {
	enum command_state state;
	int sock; /* -1: none */
	struct terminal terminal;
	bool tty;
	struct buf in, out; /* frames from and for the launcher */
	/* Set before command_start: only what escapes_filter passes is written. A terminal that is
	 * not ours now, as in the background, gets no more in any case (terminal_is_others). */
	bool filtered;
	bool answered; /* the guest has it: a signal is for the command from now on */
	bool stdin_open;
	uint32_t credit; /* how much stdin the guest takes */
	struct command_stream stdout_, stderr_;
	int out_error;		      /* errno of a failed write to one of them */
	int status, signal;	      /* exit status to give; the signal that ended it, or 0 */
	char why[FRAME_TEXT_MAX + 1]; /* COMMAND_REFUSED, COMMAND_LOST */
};

#define COMMAND_INIT \
	{ \
		.sock = -1 \
	}
#define COMMAND_POLLS 4

/*
 * Builds the request from what the user said. env: NAME=VALUE, or NAME for what it is here; may be
 * NULL. Of a terminal the size and TERM go along. Returns 0, or -errno with e (EXIT_USAGE: a
 * variable without a name; --tty where there is no terminal; too long).
 */
struct command_options {
	char *const *argv; /* NULL: a shell */
	const char *const *env;
	const char *folder;
	bool tty;
};
_must_check_ int command_request(const struct command_options *o, struct buf *ret, struct err *e);

/* Sends the request on sock, which it takes over, and with tty puts the terminal into raw mode.
 * Returns 0 or -ENOMEM. */
_must_check_ int command_start(struct command *c, int sock, const struct buf *request, bool tty);

void command_polls(const struct command *c, struct pollfd *fds);
void command_serve(struct command *c, const struct pollfd *fds);

/* Is there nothing more to do for it: it has ended, and all that it said is written? */
bool command_done(const struct command *c);

/* Is there output that our terminal must not get now (terminal_held)? */
bool command_held(const struct command *c);

/* Forwards a signal; SIGWINCH: the terminal's new size. */
void command_signal(struct command *c, int signal);

/* Restores the terminal, closes the socket: the guest hangs up a command that still runs. */
void command_close(struct command *c);

#endif
