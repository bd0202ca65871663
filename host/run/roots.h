/* SPDX-License-Identifier: MIT */
/* roots.h - the store paths that Nix on the host must keep while a run lasts */
#ifndef STOREBOOT_HOST_RUN_ROOTS_H
#define STOREBOOT_HOST_RUN_ROOTS_H

#include "host/run/plan.h"

/* The variables of QEMU's environment that name them: ROOTS_VARIABLE0, ROOTS_VARIABLE1 ... */
#define ROOTS_VARIABLE "STOREBOOT_GC_ROOTS_"

/*
 * Keeps the system's own store paths and those of --register from the garbage collector, by
 * descriptors of this process (host/lib/gc_root.h). Call it as soon as they are found. A path that
 * cannot be opened is left out.
 */
void roots_hold(const struct plan *p);

/*
 * Names all roots in the environment of the programs that this process starts from now on: those of
 * roots_hold, and each path of the registration that no other one needs. Returns 0, or -errno with
 * e.
 */
_must_check_ int roots_name(const struct plan *p, struct err *e);

#endif
