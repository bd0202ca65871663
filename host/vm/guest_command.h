/* SPDX-License-Identifier: MIT */
/* guest_command.h - `storeboot run -- COMMAND`: the command, and when it begins */
#ifndef STOREBOOT_HOST_GUEST_COMMAND_H
#define STOREBOOT_HOST_GUEST_COMMAND_H

#include "host/terminal/command.h"
#include "host/vm/channel.h"

/* When stage 2 is ready for the command. */
enum ready {
	READY_AUTO,   /* systemd: when it reports so; others: when executed */
	READY_EXEC,   /* when executed */
	READY_NOTIFY, /* when it reports so (sd_notify(3)) */
};

struct guest_command {
	bool asked; /* the run is for a command, and ends with it */
	bool tty;
	int when; /* enum ready */
	struct buf request;
	struct command command;
};

#define GUEST_COMMAND_INIT \
	{ \
		.command = COMMAND_INIT \
	}

/* Whether the guest is ready for the command to begin. A pure function. */
bool guest_command_due(const struct guest_command *g, const struct channel *c);

/* Begins the command. request: built by command_request. Returns 0 or -errno. */
_must_check_ int guest_command_start(struct guest_command *g, struct channel *c,
				     const struct buf *request, bool tty);

void guest_command_free(struct guest_command *g);

#endif
