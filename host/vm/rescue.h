/* SPDX-License-Identifier: MIT */
/* rescue.h - where stage 1 failed: a shell in the guest for who sits here, and what to do then */
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
	bool filtered;		 /* as the console is, so is what the shell says */
};

#define RESCUE_INIT \
	{ \
		.shell = COMMAND_INIT \
	}
#define RESCUE_POLLS COMMAND_POLLS

/* The agent waits at a failed step: gives the terminal to a shell there. why: the failure's line,
 * of the guest's words. */
void rescue_begin(struct rescue *r, struct channel *c, struct console *console, const char *why);

void rescue_polls(const struct rescue *r, struct pollfd *fds);
void rescue_serve(struct rescue *r, struct channel *c, struct console *console,
		  const struct pollfd *fds);

/* The terminal's size has changed. */
void rescue_window(struct rescue *r);

void rescue_free(struct rescue *r);

#endif
