/* SPDX-License-Identifier: MIT */
/* sandbox.h - a server run by bwrap, with access only to its program and the binds */
#ifndef STOREBOOT_HOST_SANDBOX_H
#define STOREBOOT_HOST_SANDBOX_H

#include <stdbool.h>

#include "host/lib/argv.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

struct sandbox {
	const char *bwrap;
	const char *program;	 /* run in the sandbox; absolute, with links resolved */
	const char *id;		 /* its user and group ID inside, in decimal */
	const char *const *caps; /* capabilities that it keeps, in its own namespaces; NULL: none */
	int filter;		 /* of syscall_filter_open; bwrap reads it to its end */
};

/*
 * Adds bwrap and its restrictions: new namespaces (no network), a filter of system calls, no
 * environment, and of the host's
 * files only the folders of the program and its libraries, read-only. root: "/"; searched for the
 * system's folders and their links. The caller adds binds, "--" and the command.
 */
void sandbox_begin(const struct sandbox *s, const char *root, struct argv *ret);

/*
 * Binds an open folder of the host at dest, an absolute path in the sandbox. bwrap compares what it
 * mounts with the descriptor, so whatever takes the folder's path later is not shown. Needs bwrap
 * 0.10, or an older one with the fix for CVE-2024-42472 (Debian 12, Ubuntu 22.04).
 */
void sandbox_bind(int fd, bool writable, const char *dest, struct argv *ret);

/* Runs a complete command that exits by itself, to test the sandbox. Returns 0 with its stdout in
 * ret_out, or -errno with e (EXIT_MISSING). */
_must_check_ int sandbox_try(const struct sandbox *s, const struct argv *argv, struct buf *ret_out,
			     struct err *e);

#endif
