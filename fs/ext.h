/* SPDX-License-Identifier: MIT */
/* ext.h - what ext2, ext3 and ext4 have in common: the superblock, and growth while mounted */
#ifndef STOREBOOT_FS_EXT_H
#define STOREBOOT_FS_EXT_H

#include <stdint.h>

#include "fs/type.h"

#define EXT_SUPERBLOCK_AT 1024
#define EXT_SUPERBLOCK_SIZE 1024

/*
 * The size in blocks to which a file system with this superblock can grow on a disk of disk bytes.
 * A pure function. Returns 0 if it fills its disk, except for what no group of blocks can use, or
 * if it is no such file system. ret_now: its bytes now.
 */
uint64_t ext_grow_blocks(const void *superblock, uint64_t disk, uint64_t *ret_now);

/* The functions of their rows in fs/type.c. */
void ext_grow(const char *disk, const char *folder, struct fs_growth *ret);
bool ext_whole(const uint8_t *head, const uint8_t *uuid, uint64_t size);

#endif
