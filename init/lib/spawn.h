/* SPDX-License-Identifier: MIT */
/* spawn.h - runs a program with input, captured output and a deadline */
#ifndef STOREBOOT_SPAWN_H
#define STOREBOOT_SPAWN_H

#include <sys/types.h>

#include "init/lib/str.h"

#define SPAWN_WATCH_MS 100
/* For a program that answers at once on an idle host: guards against a hang, far above the time
 * that a loaded host needs. */
#define SPAWN_ASK_TIMEOUT_MS 120000

struct spawn {
	const char *path;	 /* a path if it has a slash, else looked up in PATH */
	const char *const *argv; /* NULL-terminated, with argv[0] */
	char *const *envp;	 /* NULL: environ */
	int stdin_fd;		 /* -1: /dev/null */
	const int *pass;	 /* descriptors to inherit, ended by -1; NULL: none */
	unsigned int timeout_ms; /* 0: none; at the deadline the child gets SIGKILL */
	size_t max_output; /* of stdout, in bytes; more ends the child with -EFBIG. 0: 64 MiB */
	/* Called every SPAWN_WATCH_MS while the child runs, with its stdout and stderr so far. A
	 * negative return value kills the child, and spawn_run returns it. NULL: none. */
	int (*watch)(pid_t pid, const struct buf *out, const struct buf *err, void *arg);
	void *watch_arg;
};

/*
 * Runs a program and waits for it. Descriptors 0 to 2 must be open. The child starts with no signal
 * blocked and SIGPIPE not ignored. ret_out: its stdout; NULL: stdout goes to our stderr. ret_err:
 * the last 4 KiB of its stderr, without trailing newlines; NULL: inherited. Returns 0 with the wait
 * status (wait(2)) in *ret_status, or -errno: of a failed exec (ENOENT, EACCES, ...), -ETIMEDOUT at
 * the deadline, -EFBIG, -ENOMEM, or from watch. In each case the child has ended.
 */
_must_check_ int spawn_run(const struct spawn *s, struct buf *ret_out, struct buf *ret_err,
			   int *ret_status);

/* Writes "exit status N" or "killed by signal N (Name)" to dst. Returns dst. */
const char *spawn_status_text(int status, char *dst, size_t size);

#endif
