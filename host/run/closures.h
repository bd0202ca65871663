/* SPDX-License-Identifier: MIT */
/* closures.h - the registration of closures for the guest's Nix database */
#ifndef STOREBOOT_HOST_RUN_CLOSURES_H
#define STOREBOOT_HOST_RUN_CLOSURES_H

#include "host/run/options.h"

/*
 * Gets the registration by --reginfo, or of SYSTEM and of each --register; ret stays empty if there
 * is none. A system without one boots with a warning: only its Nix knows no store path. Returns 0,
 * or -errno with e (EXIT_BAD_INPUT, EXIT_USAGE): --reginfo, --register and --verify need one.
 */
_must_check_ int registration_of_run(const struct run_values *v, const struct system *s,
				     struct buf *ret, struct err *e);

/* Nix makes the folder .links in a store that has none, and fails if it cannot. The guest's Nix
 * cannot, so this makes the folder in the store that is served. The store of a build sandbox has
 * none. Warns on failure. */
void make_links_folder(const char *store);

#endif
