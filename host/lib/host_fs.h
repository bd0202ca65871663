/* SPDX-License-Identifier: MIT */
/* host_fs.h - the host's file system that holds a file */
#ifndef STOREBOOT_HOST_LIB_HOST_FS_H
#define STOREBOOT_HOST_LIB_HOST_FS_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "init/lib/macro.h"

struct host_fs {
	char root[PATH_MAX];   /* the folder of the file system that is mounted */
	char point[PATH_MAX];  /* mount point */
	char device[PATH_MAX]; /* mount source: /dev/sda1, tmpfs, server:/home */
	char type[64];	       /* in mount(8)'s terms: ext4, nfs4, 9p */
	dev_t dev;	       /* device number in mountinfo; on btrfs not that of stat(2) */
	uint64_t free;	       /* bytes available to an ordinary user */
};

/* fd: O_PATH is enough. Returns 0 or -errno; -ENOENT if the mount is not visible. */
_must_check_ int host_fs_of(int fd, struct host_fs *ret);

/* Finds the mount of this number in text in the format of /proc/self/mountinfo, and fills all
 * fields except free. A pure function, which changes the text. Returns 0 or -ENOENT. */
_must_check_ int host_fs_find(char *mountinfo, int id, struct host_fs *ret);

#endif
