/* SPDX-License-Identifier: MIT */
/* nix_state.h - Nix's database for a user who may read it but not open it with Nix */
#ifndef STOREBOOT_HOST_NIX_STATE_H
#define STOREBOOT_HOST_NIX_STATE_H

#include "host/lib/folder.h"
#include "host/lib/keeper.h"
#include "init/lib/str.h"

struct nix_state {
	char folder[PATH_MAX]; /* private; holds the copy */
	struct keeper keeper;
	struct strv env; /* environment for a Nix program that reads the copy */
};

#define NIX_STATE_INIT \
	{ \
		.folder = "", .keeper = KEEPER_INIT \
	}

/*
 * Copies the database (of $NIX_STATE_DIR, else /nix/var/nix) into a private folder. The copy is
 * consistent even if the database is written meanwhile. Returns 0, or -errno with e: -ENOTSUP if a
 * copy would not help, because this user may write the database or the store is on another machine;
 * -EAGAIN if the database keeps changing.
 */
_must_check_ int nix_state_copy(struct nix_state *ret, struct err *e);

/* Removes the copy, if there is one. */
void nix_state_free(struct nix_state *s);

#endif
