/* SPDX-License-Identifier: MIT */
/* registration_load.h - the closure's registration into the guest's Nix database */
#ifndef STOREBOOT_INIT_NIX_REGISTRATION_LOAD_H
#define STOREBOOT_INIT_NIX_REGISTRATION_LOAD_H

#include <stdbool.h>

#include "init/lib/err.h"
#include "init/lib/str.h"
#include "init/nix/nix_store.h"

struct registration_source {
	int root;	  /* the system's root folder */
	const char *file; /* the registration, a path in it */
	struct nix_store nix;
	bool verify; /* check what each path of the database holds; one without a hash gets its own
		      */
};

/* What was done. Paths are one a line. */
struct registration_result {
	bool loaded; /* else it was unchanged */
	bool verified;
	struct buf dropped;  /* paths that the store has no more, and now the database neither */
	struct buf dangling; /* the same, but others that are there refer to them: left in the
				database */
	struct err warning;  /* num 0: none; else what could not be done beside the loading */
};

#define _cleanup_registration_result_ _cleanup_(registration_result_free)
void registration_result_free(struct registration_result *d);

/*
 * Loads the registration with `nix-store --load-db`, unless a copy of the same bytes lies beside
 * the database as the stamp of the last one loaded, and the database was not written since. A
 * record without a hash is not loaded over one that has a hash. Paths that the database has of
 * elsewhere (an earlier registration, a build in the guest) and that are not in the store any more
 * are dropped from it. ret: zeroed; freed by the caller also after a failure. Returns 0, or -errno:
 * -ENOENT (no such file), -ENODATA (it is empty, which nix-store would take without a word),
 * -EBADMSG (it is no registration, or cut short; e has the line), or as nix_store_run.
 */
_must_check_ int registration_load(const struct registration_source *r,
				   struct registration_result *ret, struct err *e);

#endif
