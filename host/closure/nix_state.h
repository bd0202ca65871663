/* SPDX-License-Identifier: MIT */
/* nix_state.h - Nix's database for a user who may read it, but not open it as Nix does */
#ifndef STOREBOOT_HOST_NIX_STATE_H
#define STOREBOOT_HOST_NIX_STATE_H

#include "host/lib/folder.h"
#include "host/lib/keeper.h"
#include "init/lib/str.h"

struct nix_state {
	char folder[PATH_MAX]; /* private, with the copy */
	struct keeper keeper;
	struct strv env; /* environment of a Nix program that shall read the copy */
};

#define NIX_STATE_INIT \
	{ \
		.folder = "", .keeper = KEEPER_INIT \
	}

/*
 * Copies the database (of $NIX_STATE_DIR, else /nix/var/nix) into a private folder, consistent
 * also while others write it. Returns 0, or -errno with e: -ENOTSUP where a copy would not help,
 * as this user may write the database or the store is another machine's; -EAGAIN where it does
 * not come to rest.
 */
_must_check_ int nix_state_copy(struct nix_state *ret, struct err *e);

/* Removes the copy. Nothing copied is no failure. */
void nix_state_free(struct nix_state *s);

#endif
