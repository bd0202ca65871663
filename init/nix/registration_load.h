/* SPDX-License-Identifier: MIT */
/* registration_load.h - load the closure's registration into the guest's Nix database */
#ifndef STOREBOOT_INIT_NIX_REGISTRATION_LOAD_H
#define STOREBOOT_INIT_NIX_REGISTRATION_LOAD_H

#include <stdbool.h>

#include "init/lib/err.h"
#include "init/lib/str.h"
#include "init/nix/nix_store.h"

struct registration_source {
	int root;	  /* the system's root folder */
	const char *file; /* path of the registration in root */
	struct nix_store nix;
	bool verify; /* check the content of all paths in the database; add missing hashes */
};

/* The result. Paths are one per line. */
struct registration_result {
	bool loaded; /* false: it was unchanged */
	bool verified;
	struct buf dropped;  /* paths that are gone from the store, dropped from the database */
	struct buf dangling; /* the same, but kept: existing paths refer to them */
	struct err warning;  /* a failure after the loading; num 0: none */
};

#define _cleanup_registration_result_ _cleanup_(registration_result_free)
void registration_result_free(struct registration_result *d);

/*
 * Loads the registration with `nix-store --load-db`, unless it equals the last one loaded, whose
 * copy (the stamp) is beside the database, and the database has not changed since. A record without
 * a hash does not replace one with a hash. Other paths in the database (of an earlier registration
 * or built in the guest) that are gone from the store are dropped from it. ret: zeroed; the caller
 * frees it, also after a failure. Returns 0, or -errno: -ENOENT (no such file), -ENODATA (empty,
 * which nix-store would accept silently), -EBADMSG (invalid or truncated; e has the line), or as
 * nix_store_run.
 */
_must_check_ int registration_load(const struct registration_source *r,
				   struct registration_result *ret, struct err *e);

#endif
