/* SPDX-License-Identifier: MIT */
/* spawn.h - run a program, feed it, keep what it says, end it at its deadline */
#ifndef STOREBOOT_SPAWN_H
#define STOREBOOT_SPAWN_H

#include <sys/types.h>

#include "init/lib/str.h"

#define SPAWN_WATCH_MS 100
/* For a program that answers at once on an idle host: a guard against a hang, far above what a
 * loaded host needs. */
#define SPAWN_ASK_TIMEOUT_MS 120000

struct spawn {
	const char *path;	 /* a path when it has a slash, else looked up in PATH */
	const char *const *argv; /* NULL-terminated, argv[0] included */
	char *const *envp;	 /* NULL: environ */
	int stdin_fd;		 /* -1: /dev/null */
	unsigned int timeout_ms; /* 0: none; at the deadline the child is killed (SIGKILL) */
	size_t max_output; /* bytes kept of stdout; more is -EFBIG and ends the child. 0: 64 MiB */
	/* NULL: none. Called every SPAWN_WATCH_MS while the child runs, with what was read of its
	 * stdout and stderr so far. A negative return kills the child and becomes spawn_run's
	 * return value. */
	int (*watch)(pid_t pid, const struct buf *out, const struct buf *err, void *arg);
	void *watch_arg;
};

/*
 * Runs the program and waits for its end. Descriptors 0 to 2 must be open, as for any program; the
 * child starts with no signal blocked and SIGPIPE not ignored. ret_out NULL: its stdout goes where
 * our stderr goes. ret_err: the last 4 KiB of its stderr, trailing newline cut; NULL: inherited.
 * Returns 0 with the wait status (wait(2)) in *ret_status, or -errno: that of a failed exec
 * (ENOENT, EACCES, ...), -ETIMEDOUT at the deadline, -EFBIG, -ENOMEM, or what watch returned. In
 * each case the child has ended.
 */
_must_check_ int spawn_run(const struct spawn *s, struct buf *ret_out, struct buf *ret_err,
			   int *ret_status);

/* "exit status N" or "killed by signal N (Name)", into dst; returns dst. */
const char *spawn_status_text(int status, char *dst, size_t size);

#endif
