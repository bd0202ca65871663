/* SPDX-License-Identifier: MIT */
/* closures.h - which closures the guest's Nix database is told of */
#ifndef STOREBOOT_HOST_RUN_CLOSURES_H
#define STOREBOOT_HOST_RUN_CLOSURES_H

#include "host/run/options.h"

/*
 * The registration by --reginfo, or that of SYSTEM and of each --register; ret stays empty where
 * there is none. A system without a registration boots as well, with a warning: only Nix in the
 * guest then knows no store path. Returns 0, or -errno with e (EXIT_BAD_INPUT, EXIT_USAGE): what
 * was asked for by name must be there.
 */
_must_check_ int registration_of_run(const struct run_values *v, const struct system *s,
				     struct buf *ret, struct err *e);

/* Nix makes the folder .links in a store that has none, and ends where it cannot: the guest's could
 * not, so it is made here, in the store that is served. A build sandbox's has none. Warns where it
 * cannot be made. */
void make_links_folder(const char *store);

#endif
