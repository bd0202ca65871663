/* SPDX-License-Identifier: MIT */
/* names.h - the names of a closure's paths in the store */
#ifndef STOREBOOT_HOST_NAMES_H
#define STOREBOOT_HOST_NAMES_H

#include "init/lib/err.h"
#include "init/lib/str.h"

/* The store's folder in the guest, whatever the host's is. */
#define GUEST_STORE "/nix/store"

/* Adds the names of a registration's paths to ret. Returns 0, or -errno with e (EXIT_BAD_INPUT if
 * the registration is empty or invalid). */
_must_check_ int closure_names(const struct buf *registration, struct strv *ret, struct err *e);

#endif
