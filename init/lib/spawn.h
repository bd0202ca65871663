/* SPDX-License-Identifier: MIT */
/* spawn.h - run a program, feed it, keep what it says, end it at its deadline */
#ifndef STOREBOOT_SPAWN_H
#define STOREBOOT_SPAWN_H

#include "init/lib/str.h"

struct spawn {
	const char *path;	 /* a path when it has a slash, else looked up in PATH */
	const char *const *argv; /* NULL-terminated, argv[0] included */
	char *const *envp;	 /* NULL: environ */
	int stdin_fd;		 /* -1: /dev/null */
	unsigned int timeout_ms; /* 0: none; at the deadline the child is killed (SIGKILL) */
	size_t max_output; /* bytes kept of stdout; more is -EFBIG and ends the child. 0: 64 MiB */
};

/*
 * Runs the program and waits for its end. Descriptors 0 to 2 must be open, as for any program; the
 * child starts with no signal blocked and SIGPIPE not ignored. ret_out NULL: its stdout goes where
 * our stderr goes. ret_err: the last 4 KiB of its stderr, trailing newline cut; NULL: inherited.
 * Returns 0 with the wait status (wait(2)) in *ret_status, or -errno: that of a failed exec
 * (ENOENT, EACCES, ...), -ETIMEDOUT at the deadline, -EFBIG, -ENOMEM. In each case the child has
 * ended.
 */
_must_check_ int spawn_run(const struct spawn *s, struct buf *ret_out, struct buf *ret_err,
			   int *ret_status);

/* "exit status N" or "killed by signal N (Name)", into dst; returns dst. */
const char *spawn_status_text(int status, char *dst, size_t size);

#endif
