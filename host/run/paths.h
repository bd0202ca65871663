/* SPDX-License-Identifier: MIT */
/* paths.h - no file that the launcher uses is in a folder that the guest can write */
#ifndef STOREBOOT_HOST_RUN_PATHS_H
#define STOREBOOT_HOST_RUN_PATHS_H

#include "init/lib/err.h"

struct plan;

/*
 * Refuses a writable shared folder (--bind, SHARED_DIR, USE_TMPDIR) in which the guest could change
 * what the launcher opens, now or in a later run: a file that it writes, boots from, runs or reads
 * as configuration. Also refuses a shared folder to which a link leads that a guest can have made.
 * Only looks. Call it before anything is opened or made; what is not known yet (the machine's name,
 * the kernel in SYSTEM) is left out, so call it again when it is. Returns 0, or -errno with e
 * (EXIT_USAGE).
 */
_must_check_ int paths_check(const struct plan *p, struct err *e);

#endif
