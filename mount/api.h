/* SPDX-License-Identifier: MIT */
/* api.h - the kernel's own file systems: /dev, /proc, /sys, /run and what belongs to them */
#ifndef STOREBOOT_MOUNT_API_H
#define STOREBOOT_MOUNT_API_H

#include "init/lib/err.h"

/*
 * Mounts devtmpfs, proc, sysfs, devpts, tmpfs on /dev/shm and /run, and makes /dev/fd, stdin,
 * stdout, stderr. What is a mount point already is left as it is (CONFIG_DEVTMPFS_MOUNT). Makes the
 * mount points where they are missing. Returns 0 or -errno with e naming the file system and the
 * place.
 */
_must_check_ int mount_api_all(struct err *e);

/*
 * Moves them below new_root, where stage 2 expects them (systemd, initrd interface: /dev /proc /sys
 * /run moved in). Makes the mount points where they are missing. Returns 0 or -errno.
 */
_must_check_ int mount_api_move(const char *new_root, struct err *e);

#endif
