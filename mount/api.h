/* SPDX-License-Identifier: MIT */
/* api.h - the API file systems: /dev, /proc, /sys, /run and the mounts below them */
#ifndef STOREBOOT_MOUNT_API_H
#define STOREBOOT_MOUNT_API_H

#include "init/lib/err.h"

/* Mounts devtmpfs, proc, sysfs and devpts, and tmpfs on /dev/shm and /run; makes /dev/fd, stdin,
 * stdout and stderr. Keeps existing mounts (CONFIG_DEVTMPFS_MOUNT). Makes missing mount points.
 * Returns 0 or -errno, with the file system and its path in e. */
_must_check_ int mount_api_all(struct err *e);

/* Moves these mounts below new_root, where stage 2 expects them (systemd's initrd interface: /dev,
 * /proc, /sys, /run). Makes missing mount points. Returns 0 or -errno. */
_must_check_ int mount_api_move(const char *new_root, struct err *e);

#endif
