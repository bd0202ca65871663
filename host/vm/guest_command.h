/* SPDX-License-Identifier: MIT */
/* guest_command.h - `storeboot run -- COMMAND`: when it begins, and with whose streams */
#ifndef STOREBOOT_HOST_GUEST_COMMAND_H
#define STOREBOOT_HOST_GUEST_COMMAND_H

#include "host/terminal/command.h"
#include "host/vm/channel.h"

/* When stage 2 counts as up. */
enum ready {
	READY_AUTO,   /* for systemd when it says so, for others when it has been executed */
	READY_EXEC,   /* when it has been executed */
	READY_NOTIFY, /* when it says so (sd_notify(3)) */
};

struct guest_command {
	bool asked; /* the run is for a command; it ends with it */
	bool tty;
	int when; /* enum ready */
	struct buf request;
	struct command command;
};

#define GUEST_COMMAND_INIT \
	{ \
		.command = COMMAND_INIT \
	}

/* Is the guest so far that it shall begin? A pure function. */
bool guest_command_due(const struct guest_command *g, const struct channel *c);

/* Begins it. request: of guest_command_due's, or another one. Returns 0 or -errno. */
_must_check_ int guest_command_start(struct guest_command *g, struct channel *c,
				     const struct buf *request, bool tty);

void guest_command_free(struct guest_command *g);

#endif
