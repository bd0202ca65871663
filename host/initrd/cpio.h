/* SPDX-License-Identifier: MIT */
/* cpio.h - writing a cpio archive ("newc") that the kernel unpacks as its initramfs */
#ifndef STOREBOOT_HOST_CPIO_H
#define STOREBOOT_HOST_CPIO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "init/lib/str.h"

/* A reproducible archive: every time is 0, the owner is root, inode numbers count the entries. The
 * kernel creates no missing folders: add a folder before its contents. */
struct cpio {
	struct buf *out;
	size_t start; /* offset of this archive in out; entries are aligned relative to it */
	uint32_t entries;
};

void cpio_begin(struct cpio *c, struct buf *out);

/* name: relative, such as "dev/console"; mode: permission bits. Each returns 0, -ENOMEM,
 * -ENAMETOOLONG (over the kernel's PATH_MAX) or -EFBIG (a file over 4 GiB). */
_must_check_ int cpio_folder(struct cpio *c, const char *name, mode_t mode);
_must_check_ int cpio_file(struct cpio *c, const char *name, mode_t mode, const void *data,
			   size_t len);
_must_check_ int cpio_char_device(struct cpio *c, const char *name, mode_t mode,
				  unsigned int dev_major, unsigned int dev_minor);

/* Adds the trailer; the archive's length is then a multiple of 4. */
_must_check_ int cpio_end(struct cpio *c);

#endif
