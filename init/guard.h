/* SPDX-License-Identifier: MIT */
/* guard.h - what must hold before the root is changed, and the removal of the old one */
#ifndef STOREBOOT_GUARD_H
#define STOREBOOT_GUARD_H

#include "init/lib/err.h"

/*
 * root_fd is an open folder, so that each can be tried on any. The guards return 0 or -errno.
 * That the root is an initramfs: a ramfs or tmpfs (-EXDEV if not). Emptying anything else would
 * destroy a system.
 */
_must_check_ int guard_initramfs(int root_fd, struct err *e);

/* That the new root is another file system than the old one (-EXDEV if not). */
_must_check_ int guard_other_device(int old_fd, int new_fd, struct err *e);

/*
 * Removes all below root_fd that lies on the same device, itself not; mounts below are left. Goes
 * on past what cannot be removed: it frees memory, and nothing depends on it.
 */
void guard_empty(int root_fd);

#endif
