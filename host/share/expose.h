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
	EXPOSE_NOTHING, /* the store comes by another road */
};

/* Where the store is in it. */
#define EXPOSED_STORE "/export/nix/store"

/*
 * Appends bwrap's options for it, all read-only; store: the folder that is the store, absolute. names: of
 * EXPOSE_CLOSURE's paths in it. Returns 0, -ENOENT for a path that is not there, or another -errno.
 */
_must_check_ int expose_args(enum expose what, const char *store, const struct strv *names,
			     struct strv *ret);

#endif
