/* SPDX-License-Identifier: MIT */
/* format.h - an ext3 file system, as `mke2fs -t ext3` makes it (libext2fs) */
#ifndef STOREBOOT_FS_FORMAT_H
#define STOREBOOT_FS_FORMAT_H

#include <stdint.h>

#include "fs/type.h"
#include "init/lib/err.h"

/*
 * Formats path, a block device or an image file, with ext3. The caller has checked that it is empty
 * and reads as zeroes. Opens it exclusively (EXT2_FLAG_EXCLUSIVE). Any failed write is an error,
 * even if libext2fs ignores it. Keeps a marker on the disk until it holds a file system, writes the
 * primary superblock last, flushes, reads the superblock again and clears the marker. size: bytes,
 * 0 for the whole disk. label: may be NULL. Returns 0 or -errno; e includes the state of the disk
 * ("partly written, holds no file system; the next boot formats it again").
 */
_must_check_ int fs_format_ext3(const char *path, uint64_t size, const char *label, struct err *e);

/*
 * Formats the whole disk again after an interrupted format: fs_probe has found the marker and no
 * file system. Zeroes what that format wrote, except the marker. type: needs make. Returns as make.
 */
_must_check_ int fs_format_again(const char *path, const struct fs_type *type, struct err *e);

/*
 * Finishes a format that only has to clear its marker: fs_probe has found the marker and the file
 * system with the marker's UUID (probe.h, finished). Checks the superblock again, then clears the
 * marker. type: needs whole. Returns 0 or -errno.
 */
_must_check_ int fs_format_finish(const char *path, const struct fs_type *type, struct err *e);

#endif
