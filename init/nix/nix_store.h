/* SPDX-License-Identifier: MIT */
/* nix_store.h - run the system's own nix-store on the guest's database */
#ifndef STOREBOOT_INIT_NIX_NIX_STORE_H
#define STOREBOOT_INIT_NIX_NIX_STORE_H

#include "init/lib/err.h"
#include "init/lib/str.h"

struct nix_store {
	const char *program; /* as for execve(2) */
	unsigned int timeout_ms;
};

/*
 * Runs nix-store with one operation, NULL-terminated ("--load-db", NULL). stdin_fd: -1 for none.
 * on: the object it works on, for messages. ret_out: stdout is appended to it, unless NULL. Returns
 * 0, or -errno with e: -ECHILD (it failed; e has its status and last line), -ETIMEDOUT, or the
 * reason why it cannot be run.
 */
_must_check_ int nix_store_run(const struct nix_store *n, const char *const *operation,
			       int stdin_fd, const char *on, struct buf *ret_out, struct err *e);

#endif
