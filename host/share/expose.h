/* SPDX-License-Identifier: MIT */
/* expose.h - what of the host lies below a file server's /export */
#ifndef STOREBOOT_HOST_EXPOSE_H
#define STOREBOOT_HOST_EXPOSE_H

#include "init/lib/err.h"
#include "init/lib/str.h"

enum expose {
	EXPOSE_STORE,	/* the store */
	EXPOSE_CLOSURE, /* some paths of it */
	EXPOSE_ROOT,	/* the host's whole /, with the store at its place */
	EXPOSE_NOTHING, /* another share brings the store */
};

/* Where the store is in it. */
#define EXPOSED_STORE "/export/nix/store"

/*
 * Appends bwrap's options for it, all read-only; store: the folder that is the store, absolute. Of
 * EXPOSE_CLOSURE it makes the place alone, for host/share/server.c. Returns 0 or -ENOMEM.
 */
_must_check_ int expose_args(enum expose what, const char *store, struct strv *ret);

#endif
