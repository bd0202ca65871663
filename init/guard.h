/* SPDX-License-Identifier: MIT */
/* guard.h - checks before the root is changed, and removal of the old root */
#ifndef STOREBOOT_GUARD_H
#define STOREBOOT_GUARD_H

#include "init/lib/err.h"

/* Checks that root_fd, an open folder, is an initramfs: a ramfs or tmpfs. Emptying anything else
 * would destroy a system. Returns 0, -EXDEV if not, or -errno. */
_must_check_ int guard_initramfs(int root_fd, struct err *e);

/* Checks that the new root is on another file system than the old. Returns as guard_initramfs. */
_must_check_ int guard_other_device(int old_fd, int new_fd, struct err *e);

/* Removes everything below root_fd on the same device, not mounts. Continues after errors, because
 * it only frees memory. */
void guard_empty(int root_fd);

#endif
