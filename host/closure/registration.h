/* SPDX-License-Identifier: MIT */
/* registration.h - the registration of the system's closure for the guest */
#ifndef STOREBOOT_HOST_REGISTRATION_H
#define STOREBOOT_HOST_REGISTRATION_H

#include "init/lib/err.h"
#include "init/lib/str.h"

/* The file's name in the initramfs, and its path in the guest after stage 1. */
#define REGISTRATION_FILE "registration"
#define REGISTRATION_IN_GUEST "/run/storeboot/registration"

/*
 * Gets the registration of the closure of store paths of this host (NULL-terminated), from the
 * cache ($XDG_CACHE_HOME/storeboot/registration/) or from the host's Nix. ret must be empty; its
 * content is undefined on failure. Returns as registration_from_nix.
 */
_must_check_ int registration_get(const char *const *paths, struct buf *ret, struct err *e);

#endif
