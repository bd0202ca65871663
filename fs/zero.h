/* SPDX-License-Identifier: MIT */
/* zero.h - check that a disk reads as zeroes */
#ifndef STOREBOOT_FS_ZERO_H
#define STOREBOOT_FS_ZERO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/macro.h"

/* Returns true if all bytes are zero. p: aligned to 8 bytes. len: a multiple of 64. */
bool fs_all_zero(const void *p, size_t len);

/*
 * Finds the first byte that is not zero in a block device or image file, from offset at (a multiple
 * of 4096) to end. Skips the holes of a file. Leaves the page cache nearly unchanged. Returns 0:
 * all zero; 1: not, and the offset is in *ret_offset; or -errno, also -EIO if the disk ends early.
 */
_must_check_ int fs_find_nonzero(int fd, uint64_t at, uint64_t end, uint64_t *ret_offset);

/*
 * Zeroes the disk from byte from to byte size, then flushes. Reads the disk first, and writes only
 * where it is not zero. fd: open for reading and writing. from: below 65536. Returns 0 or -errno.
 */
_must_check_ int fs_zero_fill(int fd, uint64_t from, uint64_t size);

#endif
