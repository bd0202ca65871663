/* SPDX-License-Identifier: MIT */
/* sandbox.h - a server's command below bwrap, with its program, what is bound in, and nothing else
 */
#ifndef STOREBOOT_HOST_SANDBOX_H
#define STOREBOOT_HOST_SANDBOX_H

#include "host/lib/argv.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

struct sandbox {
	const char *bwrap;
	const char *program; /* that is run in it; absolute, with links resolved */
	const char *id;	     /* the user and group that it is in there, in decimal */
	const char *const
		*caps; /* the capabilities over its own namespaces that it keeps; NULL: none */
};

/*
 * Adds bwrap and its walls: namespaces of its own (no network), no environment, and of the host's
 * files only the folders of the program and its libraries, read-only. root: "/"; there it looks
 * which of the system's folders exist and which are links. The caller adds binds, "--" and the
 * command.
 */
void sandbox_begin(const struct sandbox *s, const char *root, struct argv *ret);

/*
 * Runs a whole command in the sandbox, one that ends by itself, to see that it can be there.
 * Returns 0 with its stdout in ret_out, or -errno with e (EXIT_MISSING).
 */
_must_check_ int sandbox_try(const struct sandbox *s, const struct argv *argv, struct buf *ret_out,
			     struct err *e);

#endif
