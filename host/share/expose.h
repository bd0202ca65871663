/* SPDX-License-Identifier: MIT */
/* expose.h - the part of the host that a file server sees in /export */
#ifndef STOREBOOT_HOST_EXPOSE_H
#define STOREBOOT_HOST_EXPOSE_H

#include "host/lib/argv.h"

enum expose {
	EXPOSE_STORE,	/* the store */
	EXPOSE_CLOSURE, /* only the closure's paths */
	EXPOSE_ROOT,	/* the host's /, with the store in its place */
	EXPOSE_NOTHING, /* another share brings the store */
};

/* The store's place in the server's view. */
#define EXPOSED_STORE "/export/nix/store"

/* Adds bwrap's options for that part, all read-only. store: a descriptor of the folder that is the
 * store. For EXPOSE_CLOSURE makes only the mount point, for host/share/server.c. */
void expose_args(enum expose what, int store, struct argv *ret);

#endif
