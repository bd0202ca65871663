/* SPDX-License-Identifier: MIT */
/* stuck.c - detect a guest that makes no progress */
#include "host/qemu/stuck.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "init/lib/file.h"
#include "init/lib/str.h"

#define STAT_MAX 4096

struct threads {
	unsigned long cpu_ticks; /* of all threads except the first, which is QEMU's own */
	bool asleep;
};

/* Reads a thread's state and times from its stat file (proc_pid_stat(5)). The name, which comes
 * first, may contain any character. */
static void look_thread(int tasks, const char *tid, bool is_first, struct threads *ret)
{
	_cleanup_buf_ struct buf b = { 0 };
	char path[64];
	const char *rest;
	unsigned long user, kernel;
	char state;

	if (str_format(path, sizeof(path), "%s/stat", tid) < 0 ||
	    file_read(tasks, path, STAT_MAX, &b) < 0 || !b.data)
		return; /* it ended */
	rest = strrchr(b.data, ')');
	if (!rest || sscanf(rest, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &state,
			    &user, &kernel) != 3)
		return;
	if (state != 'S')
		ret->asleep = false;
	if (!is_first)
		ret->cpu_ticks += user + kernel;
}

static void look_threads(pid_t pid, struct threads *ret)
{
	char path[64], first[16];
	struct dirent *entry;
	DIR *dir;

	*ret = (struct threads){ 0 };
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	snprintf(first, sizeof(first), "%d", (int)pid);
	dir = opendir(path);
	if (!dir)
		return; /* it ended */
	ret->asleep = true;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			look_thread(dirfd(dir), entry->d_name, str_eq(entry->d_name, first), ret);
	closedir(dir);
}

int stuck_look(struct stuck *s, pid_t pid, size_t heard, unsigned int interval_ms, char *why,
	       size_t size)
{
	struct threads t;
	unsigned long cpu_ms;

	look_threads(pid, &t);
	cpu_ms = t.cpu_ticks * 1000 / (unsigned long)sysconf(_SC_CLK_TCK);
	if (heard != s->heard) {
		*s = (struct stuck){ .heard = heard, .cpu_ms = cpu_ms };
		return 0;
	}
	s->asleep_ms += t.asleep ? interval_ms : 0;
	if (cpu_ms >= s->cpu_ms + STUCK_CPU_MS)
		snprintf(why, size, "a small guest ran for %d s of processor time without progress",
			 STUCK_CPU_MS / 1000);
	else if (s->asleep_ms >= STUCK_ASLEEP_MS)
		snprintf(why, size, "a small guest stood still for %d s", STUCK_ASLEEP_MS / 1000);
	else
		return 0;
	return -ETIMEDOUT;
}
