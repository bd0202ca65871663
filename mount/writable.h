/* SPDX-License-Identifier: MIT */
/* writable.h - a layer over the store that takes what the guest writes */
#ifndef STOREBOOT_WRITABLE_H
#define STOREBOOT_WRITABLE_H

#include <stdbool.h>

#include "init/lib/err.h"

/*
 * Puts an overlay over the store that is mounted at store: reads go through to it, writes go to
 * folder (made if missing), which lies in memory, or where it is. Returns 0 or -errno with e;
 * -ENODEV: the kernel has no overlay.
 */
_must_check_ int mount_writable(const char *store, const char *folder, bool in_memory,
				struct err *e);

#endif
