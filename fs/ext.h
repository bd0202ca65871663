/* SPDX-License-Identifier: MIT */
/* ext.h - common to ext2, ext3 and ext4: the superblock, and growth while mounted */
#ifndef STOREBOOT_FS_EXT_H
#define STOREBOOT_FS_EXT_H

#include <stdint.h>

#include "fs/type.h"

#define EXT_SUPERBLOCK_AT 1024
#define EXT_SUPERBLOCK_SIZE 1024

/*
 * Returns the size, in blocks, to which this file system can grow on a disk of disk bytes; 0 if it
 * would gain less than 1 MiB or if the superblock is not valid. The end of the disk does not count
 * if it is too small for a block group. ret_now: the present size in bytes, set if the superblock
 * is valid. A pure function.
 */
uint64_t ext_grow_blocks(const void *superblock, uint64_t disk, uint64_t *ret_now);

/* Members of the ext rows in fs/type.c; see struct fs_type. */
void ext_grow(const char *disk, const char *folder, struct fs_growth *ret);
bool ext_whole(const uint8_t *head, const uint8_t *uuid, uint64_t size);

#endif
