/* SPDX-License-Identifier: MIT */
/* servers.c - whether the file servers of a run still come up, by how they end */
#include "host/vm/servers.h"

#include <signal.h>
#include <sys/wait.h>

/* So many, and for so long. Linux 6.1 connects again at once, others wait 3 s (fs/cifs,
 * cifs_reconnect). */
#define FAILED_MIN 4
#define FAILING_US 10000000
/* A server that lived for longer had come up. */
#define APART_US 8000000
/* A server in its sandbox is two processes, and bwrap(1) kills the inner one when the outer one
 * ends. */
#define PAIR_US 1000000

/* smbd's own ends: well, or by the SIGTERM that it sends to its group when the connection is
 * closed. */
static bool had_come_up(int status)
{
	return status == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGTERM);
}

void servers_ended(struct servers *s, int status, uint64_t now_us)
{
	if (had_come_up(status) && !s->alone) {
		s->failed = 0;
		s->well_us = now_us;
		return;
	}
	if (WIFSIGNALED(status) && s->well_us && now_us - s->well_us < PAIR_US)
		return;
	if (s->failed == 0 || now_us - s->last_us > APART_US) {
		s->failed = 0;
		s->first_us = now_us;
	}
	/* What was killed, by whom or along with its parent, says less than what ended by itself.
	 */
	if (s->failed++ == 0 || WIFEXITED(status))
		s->status = status;
	s->last_us = now_us;
}

bool servers_gone(const struct servers *s)
{
	if (s->alone)
		return s->failed > 0;
	return s->failed >= FAILED_MIN && s->last_us - s->first_us >= FAILING_US;
}

bool servers_lost(const struct servers *s)
{
	return !s->alone && s->failed > 0;
}
