/* SPDX-License-Identifier: MIT */
/* rescue.h - a shell in the guest after stage 1 failed, and what to do next */
#ifndef STOREBOOT_HOST_RESCUE_H
#define STOREBOOT_HOST_RESCUE_H

#include <poll.h>

#include "host/terminal/command.h"
#include "host/vm/channel.h"
#include "host/vm/console.h"

enum rescue_state { RESCUE_NO, RESCUE_SHELL, RESCUE_ASK };

struct rescue {
	enum rescue_state state;
	char step[64];
	struct command shell;
	bool muted, interactive; /* the console's, before */
	bool filtered;		 /* filter the shell's output like the console's */
};

#define RESCUE_INIT \
	{ \
		.shell = COMMAND_INIT \
	}
#define RESCUE_POLLS COMMAND_POLLS

/* The agent waits at a failed step: gives the terminal to a shell there. why: the guest's failure
 * message. */
void rescue_begin(struct rescue *r, struct channel *c, struct console *console, const char *why);

void rescue_polls(const struct rescue *r, struct pollfd *fds);
void rescue_serve(struct rescue *r, struct channel *c, struct console *console,
		  const struct pollfd *fds);

/* The terminal's size has changed. */
void rescue_window(struct rescue *r);

void rescue_free(struct rescue *r);

#endif
