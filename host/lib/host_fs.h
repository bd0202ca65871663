/* SPDX-License-Identifier: MIT */
/* host_fs.h - the file system of the host that a file lies on */
#ifndef STOREBOOT_HOST_LIB_HOST_FS_H
#define STOREBOOT_HOST_LIB_HOST_FS_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "init/lib/macro.h"

struct host_fs {
	char point[PATH_MAX];  /* where it is mounted */
	char device[PATH_MAX]; /* what is mounted there: /dev/sda1, tmpfs, server:/home */
	char type[64];	       /* as mount(8) has it: ext4, nfs4, 9p */
	dev_t dev;	       /* its own number, which btrfs does not show by stat(2) */
	uint64_t free;	       /* bytes left for a user */
};

/* fd: O_PATH will do. Returns 0 or -errno; -ENOENT where the mount cannot be seen. */
_must_check_ int host_fs_of(int fd, struct host_fs *ret);

/* Finds the mount with that number in a text as /proc/self/mountinfo's; fills all but free. A pure
 * function; changes the text. Returns 0 or -ENOENT. */
_must_check_ int host_fs_find(char *mountinfo, int id, struct host_fs *ret);

#endif
