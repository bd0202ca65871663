/* SPDX-License-Identifier: MIT */
/* booted.h - the system that an image booted last, recorded in the image file's attributes */
#ifndef STOREBOOT_HOST_BOOTED_H
#define STOREBOOT_HOST_BOOTED_H

#include <limits.h>
#include <stddef.h>

#include "init/lib/macro.h"

/* An extended attribute (xattr(7)) moves with the file and changes no byte of the disk. */
#define BOOTED_XATTR "user.storeboot.system"

struct booted {
	char name[128];	       /* the machine's */
	char system[PATH_MAX]; /* store path of the system, or of its stage 2 */
};

/* Reads the record. Returns 0; -ENODATA if there is none, or none in our format; -EOPNOTSUPP if
 * the file system has no such attributes. */
_must_check_ int booted_read(int fd, struct booted *ret);

/* Writes the record. fd: open for writing. Returns 0 or -errno, e.g. -EOPNOTSUPP as above,
 * -ENOSPC. */
_must_check_ int booted_write(int fd, const struct booted *b);

/* Parses the attribute's value, "NAME\nSYSTEM". A pure function. Returns 0 or -ENODATA. */
_must_check_ int booted_parse(const char *value, size_t len, struct booted *ret);

#endif
