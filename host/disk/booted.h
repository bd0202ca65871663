/* SPDX-License-Identifier: MIT */
/* booted.h - which system an image booted last: it is kept with the image's file */
#ifndef STOREBOOT_HOST_BOOTED_H
#define STOREBOOT_HOST_BOOTED_H

#include <limits.h>
#include <stddef.h>

#include "init/lib/macro.h"

/* An extended attribute (xattr(7)): it moves with the file, and touches no byte of the disk. */
#define BOOTED_XATTR "user.storeboot.system"

struct booted {
	char name[128];	       /* the machine's */
	char system[PATH_MAX]; /* the system's store path, or its stage 2's */
};

/*
 * Returns 0; -ENODATA where nothing is remembered, or nothing that we wrote; -EOPNOTSUPP where the
 * file system has no such attributes.
 */
_must_check_ int booted_read(int fd, struct booted *ret);

/* fd: open for writing. Returns 0 or -errno: -EOPNOTSUPP as above, -ENOSPC, ... */
_must_check_ int booted_write(int fd, const struct booted *b);

/* The attribute's value: "NAME\nSYSTEM". A pure function. Returns 0 or -ENODATA. */
_must_check_ int booted_parse(const char *value, size_t len, struct booted *ret);

#endif
