/* SPDX-License-Identifier: MIT */
/* zero.h - does a disk read as zeroes */
#ifndef STOREBOOT_FS_ZERO_H
#define STOREBOOT_FS_ZERO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/macro.h"

/* p: aligned to 8 bytes; len: a multiple of 64. */
bool fs_all_zero(const void *p, size_t len);

/*
 * Reads the bytes from at (a multiple of 4096) to end of the block device or image file fd; of a
 * file only what its file system holds as data. The page cache stays as it was, or nearly. Returns
 * 0: all zero; 1: not, with the first such byte's offset in *ret_offset; -errno, -EIO also when it
 * ends early.
 */
_must_check_ int fs_find_nonzero(int fd, uint64_t at, uint64_t end, uint64_t *ret_offset);

/*
 * Destroys what the disk holds from byte from to byte size: reads it and writes zeroes where there
 * are none, then flushes. fd: open for reading and writing. Returns 0 or -errno.
 */
_must_check_ int fs_zero_fill(int fd, uint64_t from, uint64_t size);

#endif
