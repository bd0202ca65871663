/* SPDX-License-Identifier: MIT */
/* writable.h - a writable layer over the store */
#ifndef STOREBOOT_WRITABLE_H
#define STOREBOOT_WRITABLE_H

#include <stdbool.h>

#include "init/lib/err.h"

/* Mounts an overlay at store, over the store mounted there; writes go to folder (made if missing).
 * in_memory: mounts a tmpfs at folder first. Returns 0 or -errno with e; -ENODEV: the kernel has no
 * overlay. */
_must_check_ int mount_writable(const char *store, const char *folder, bool in_memory,
				struct err *e);

#endif
