/* SPDX-License-Identifier: MIT */
/* tree.h - is a folder inside another one, whatever their paths are? */
#ifndef STOREBOOT_HOST_LIB_TREE_H
#define STOREBOOT_HOST_LIB_TREE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "init/lib/macro.h"

/* A folder and everything below it. */
struct tree {
	int fd; /* opened with O_PATH; -1: none */
	dev_t dev;
	ino_t ino;
	dev_t fs;	     /* its file system's number in /proc/self/mountinfo; 0: not known */
	char path[PATH_MAX]; /* its path in that file system, which bind mounts do not change */
};

#define TREE_INIT \
	{ \
		.fd = -1 \
	}

/* Opens name in dir, which must be a folder; follows links. dir: as in openat(2). Returns 0 or
 * -errno. Call tree_close in both cases. */
_must_check_ int tree_open(int dir, const char *name, struct tree *ret);

/* Is the folder t itself, or below it? Compares device and inode of each parent folder, and the
 * paths within the file system, so another spelling, a link or a bind mount makes no difference.
 * dir: a folder, O_PATH is enough. */
bool tree_holds(const struct tree *t, int dir);

void tree_close(struct tree *t);

#endif
