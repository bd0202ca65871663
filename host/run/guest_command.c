/* SPDX-License-Identifier: MIT */
/* guest_command.c - `storeboot run -- COMMAND`: when it begins, and with whose streams */
#include "host/run/guest_command.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

bool guest_command_due(const struct guest_command *g, const struct channel *c)
{
	if (!g->asked || g->command.state != COMMAND_NONE || !c->here || c->place == FRAME_AT_RESCUE)
		return false;
	if (c->place == FRAME_AT_COMMAND)
		return true;
	if (g->when == READY_AUTO)
		return c->place == FRAME_AT_SYSTEMD ? c->ready : c->execed;
	return g->when == READY_NOTIFY ? c->ready : c->execed;
}

int guest_command_start(struct guest_command *g, struct channel *c, const struct buf *request, bool tty)
{
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	r = channel_add(c, ends[1]);
	if (r < 0) {
		close(ends[0]);
		return r;
	}
	return command_start(&g->command, ends[0], request, tty);
}

void guest_command_free(struct guest_command *g)
{
	command_close(&g->command);
	buf_free(&g->request);
}
