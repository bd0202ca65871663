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

/*
 * Loads the registration with `nix-store --load-db`, unless a copy of the same bytes lies beside
 * the database as the stamp of the last one loaded; then leaves that stamp. Returns 1 when it was
 * loaded, 0 when it is unchanged, or -errno: -ENOENT (no such file), -ENODATA (it is empty, which
 * nix-store would take without a word), -ECHILD (nix-store failed; e has its status and last line),
 * -ETIMEDOUT.
 */
_must_check_ int reginfo_load(const struct reginfo *r, struct err *e);

#endif
