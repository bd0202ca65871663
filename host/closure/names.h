/* SPDX-License-Identifier: MIT */
/* names.h - a closure's paths, by their names in the store */
#ifndef STOREBOOT_HOST_NAMES_H
#define STOREBOOT_HOST_NAMES_H

#include "init/lib/err.h"
#include "init/lib/str.h"

/* The folder in which the guest sees the store, whatever folder of the host is served as it. */
#define GUEST_STORE "/nix/store"

/* Adds them to ret, from a registration. Returns 0, or -errno with e (EXIT_BAD_INPUT: there is
 * none). */
_must_check_ int closure_names(const struct buf *registration, struct strv *ret, struct err *e);

#endif
