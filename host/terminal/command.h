/* SPDX-License-Identifier: MIT */
/*
 * command.h - a command in the guest, on our stdin, stdout, stderr and terminal
 *
 * It speaks frames on a socket to the launcher: a socket pair in the launcher itself for `storeboot
 * run -- COMMAND`, a connection to its control socket for `storeboot exec`.
 */
#ifndef STOREBOOT_HOST_TERMINAL_COMMAND_H
#define STOREBOOT_HOST_TERMINAL_COMMAND_H

#include <poll.h>
#include <stdbool.h>

#include "host/terminal/terminal.h"
#include "init/lib/err.h"
#include "init/lib/frame.h"
#include "init/lib/request.h"

enum command_state {
	COMMAND_NONE, /* no command */
	COMMAND_RUNS,
	COMMAND_ENDED,	 /* see status and signal */
	COMMAND_REFUSED, /* the guest could not start it: see status and why */
	COMMAND_LOST,	 /* the guest or its agent ended before the command */
	COMMAND_LEFT,	 /* we left: Ctrl-a x, Ctrl-c before the guest answered, or out_error */
};

struct command_stream {
	enum frame_kind kind;
	int fd;		 /* our stdout or stderr */
	struct buf data; /* from the guest, not yet written */
	size_t at;	 /* how many bytes of it are written */
	int64_t owed;	 /* written or dropped, but not granted again yet */
	bool cut;	 /* what is written so far may end within an escape sequence */
	bool ended;	 /* a connection: the guest has ended its direction */
	struct escapes escapes;
};

struct command {
	enum command_state state;
	int sock; /* -1: none */
	struct terminal terminal;
	bool tty, connection; /* a connection is set before command_start */
	struct buf in, out;   /* frames from and for the launcher */
	bool filtered;	      /* the VM's setting (terminal_output); set before command_start */
	bool answered;	      /* the guest has the command, and gets signals from now on */
	bool stdin_open;
	uint32_t credit; /* bytes of stdin that the guest takes */
	struct command_stream stdout_, stderr_;
	int out_error;		      /* errno of a failed write to stdout or stderr */
	int status, signal;	      /* exit status to give; the signal that ended it, or 0 */
	char why[FRAME_TEXT_MAX + 1]; /* COMMAND_REFUSED, COMMAND_LOST */
};

#define COMMAND_INIT \
	{ \
		.sock = -1 \
	}
#define COMMAND_POLLS 4

/*
 * Builds the request from the user's options. port: for a connection, in place of argv; the end of
 * each direction then closes it on the other side as well. env: NAME=VALUE, or NAME for its value
 * here; may be NULL. With tty the terminal's size and TERM are added. Returns 0, or -errno with e
 * (EXIT_USAGE: a variable without a name; tty without a terminal; too long).
 */
struct command_options {
	char *const *argv; /* NULL: a shell */
	const char *const *env;
	const char *folder;
	bool tty;
	unsigned short port; /* of the guest's loopback; 0: none */
};
_must_check_ int command_request(const struct command_options *o, struct buf *ret, struct err *e);

/* Sends the request on sock, which it takes over; with tty puts the terminal into raw mode. Returns
 * 0 or -ENOMEM. */
_must_check_ int command_start(struct command *c, int sock, const struct buf *request, bool tty);

void command_polls(const struct command *c, struct pollfd *fds);
void command_serve(struct command *c, const struct pollfd *fds);

/* Whether the command has ended and all of its output is written, or we left. */
bool command_done(const struct command *c);

/* Whether output waits that our terminal must not get now (terminal_held). */
bool command_held(const struct command *c);

/* Forwards a signal; SIGWINCH: sends the terminal's new size. */
void command_signal(struct command *c, int signal);

/* Restores the terminal and closes the socket: the guest hangs up a command that still runs. */
void command_close(struct command *c);

#endif
