/* SPDX-License-Identifier: MIT */
/* expose.h - what of the host lies below a file server's /export */
#ifndef STOREBOOT_HOST_EXPOSE_H
#define STOREBOOT_HOST_EXPOSE_H

#include "host/lib/argv.h"

enum expose {
	EXPOSE_STORE,	/* the store */
	EXPOSE_CLOSURE, /* some paths of it */
	EXPOSE_ROOT,	/* the host's whole /, with the store at its place */
	EXPOSE_NOTHING, /* another share brings the store */
};

/* Where the store is in it. */
#define EXPOSED_STORE "/export/nix/store"

/*
 * Adds bwrap's options for it, all read-only; store: the folder that is the store, absolute. For
 * EXPOSE_CLOSURE it makes only the place, for host/share/server.c.
 */
void expose_args(enum expose what, const char *store, struct argv *ret);

#endif
