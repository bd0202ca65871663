/* SPDX-License-Identifier: MIT */
/* registration.h - the registration that a run gives its guest */
#ifndef STOREBOOT_HOST_REGISTRATION_H
#define STOREBOOT_HOST_REGISTRATION_H

#include "init/lib/err.h"
#include "init/lib/str.h"

/* The file's name in the initramfs, and where stage 1 puts it. */
#define REGISTRATION_FILE "registration"
#define REGISTRATION_IN_GUEST "/run/storeboot/registration"

/*
 * The registration of the closure of store paths of this host (NULL-terminated), from the cache
 * ($XDG_CACHE_HOME/storeboot/registration/) or from the host's Nix. ret: empty. Returns as
 * registration_from_nix; on failure what is in ret is of no use.
 */
_must_check_ int registration_get(const char *const *paths, struct buf *ret, struct err *e);

#endif
