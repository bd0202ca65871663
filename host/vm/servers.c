/* SPDX-License-Identifier: MIT */
/* servers.c - whether a run's file servers still work, by how they end */
#include "host/vm/servers.h"

#include <signal.h>
#include <sys/wait.h>

/* The share is gone after this many failures over this time. Linux 6.1 reconnects at once, others
 * after 3 s (cifs_reconnect in fs/cifs). */
#define FAILED_MIN 4
#define FAILING_US 10000000
/* If failures are further apart, the server between them had come up. */
#define APART_US 8000000
/* A server in its sandbox is two processes: bwrap(1) kills the inner when the outer ends. */
#define PAIR_US 1000000

/* smbd ends with 0, or by the SIGTERM that it sends to its group when the connection closes. */
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
	/* A server that exited shows more than one that was killed, perhaps with its parent. */
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
