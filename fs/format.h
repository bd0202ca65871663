/* SPDX-License-Identifier: MIT */
/* format.h - an ext3 file system, as `mke2fs -t ext3` makes it (libext2fs) */
#ifndef STOREBOOT_FS_FORMAT_H
#define STOREBOOT_FS_FORMAT_H

#include <stdint.h>

#include "fs/type.h"
#include "init/lib/err.h"

/*
 * Formats path (a block device or an image file), which the caller has found to be empty and which
 * reads as zeroes throughout. Opened exclusively (EXT2_FLAG_EXCLUSIVE); the first failed write is
 * remembered and ends in an error whatever libext2fs makes of it; a marker is on the disk while it
 * holds no file system; the primary superblock is written last; fsync; then it is read again and
 * the marker goes. label may be NULL. size: bytes, 0 for all of it. Returns 0 or -errno; e says the
 * disk's state ("partly written, holds no file system; the next boot formats it again").
 */
_must_check_ int fs_format_ext3(const char *path, uint64_t size, const char *label, struct err *e);

/*
 * Formats all of a disk on which a format was cut short: fs_probe has found its marker, and no file
 * system. Zeroes what that format wrote; the marker stays. type: its row has make. Returns as make.
 */
_must_check_ int fs_format_again(const char *path, const struct fs_type *type, struct err *e);

/*
 * Ends a format of which only the marker has to be removed: fs_probe has found the marker and the
 * file system that it announced (probe.h, finished). Looks at its superblock once more and writes
 * zeroes over the marker. type: its row has whole. Returns 0 or -errno.
 */
_must_check_ int fs_format_finish(const char *path, const struct fs_type *type, struct err *e);

#endif
