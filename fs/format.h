/* SPDX-License-Identifier: MIT */
/* format.h - an ext3 file system, as `mke2fs -t ext3` makes it (libext2fs) */
#ifndef STOREBOOT_FS_FORMAT_H
#define STOREBOOT_FS_FORMAT_H

#include <stdint.h>

#include "init/lib/err.h"

/*
 * Formats path (a block device or an image file), which the caller has found to be empty and which
 * reads as zeroes throughout. Opened exclusively (EXT2_FLAG_EXCLUSIVE); the first failed write is
 * remembered and ends in an error whatever libext2fs makes of it; the primary superblock is written
 * last; fsync; then reopened and checked. label may be NULL. size: bytes, 0 for all of it. Returns
 * 0 or -errno; e says the disk's state ("partly written, holds no file system").
 */
_must_check_ int fs_format_ext3(const char *path, uint64_t size, const char *label, struct err *e);

#endif
