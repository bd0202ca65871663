/* SPDX-License-Identifier: MIT */
/* guest_command.c - `storeboot run -- COMMAND`: the command, and when it begins */
#include "host/vm/guest_command.h"

bool guest_command_due(const struct guest_command *g, const struct channel *c)
{
	if (!g->asked || g->command.state != COMMAND_NONE || !c->here ||
	    c->place == FRAME_AT_RESCUE)
		return false;
	if (c->place == FRAME_AT_COMMAND)
		return true;
	if (g->when == READY_AUTO)
		return c->place == FRAME_AT_SYSTEMD ? c->ready : c->execed;
	return g->when == READY_NOTIFY ? c->ready : c->execed;
}

int guest_command_start(struct guest_command *g, struct channel *c, const struct buf *request,
			bool tty)
{
	int fd = channel_connect(c);

	return fd < 0 ? fd : command_start(&g->command, fd, request, tty);
}

void guest_command_free(struct guest_command *g)
{
	command_close(&g->command);
	buf_free(&g->request);
}
