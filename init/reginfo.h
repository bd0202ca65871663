/* SPDX-License-Identifier: MIT */
/* reginfo.h - the closure's registration into the guest's Nix database */
#ifndef STOREBOOT_REGINFO_H
#define STOREBOOT_REGINFO_H

#include "init/lib/err.h"

struct reginfo {
	int root;	     /* the system's root folder */
	const char *file;    /* the registration, a path in it */
	const char *program; /* nix-store, as execve(2) takes it */
	unsigned int timeout_ms;
};

enum {
	REGINFO_UNCHANGED,
	REGINFO_LOADED,
	REGINFO_NO_STAMP, /* loaded, but the stamp could not be left: e says why */
};

/*
 * Loads the registration with `nix-store --load-db`, unless a copy of the same bytes lies beside
 * the database as the stamp of the last one loaded, and the database was not written since; then
 * leaves that stamp. Returns one of the above, or -errno: -ENOENT (no such file), -ENODATA (it is
 * empty, which nix-store would take without a word), -ECHILD (nix-store failed; e has its status
 * and last line), -ETIMEDOUT.
 */
_must_check_ int reginfo_load(const struct reginfo *r, struct err *e);

#endif
