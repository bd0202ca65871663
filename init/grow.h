/* SPDX-License-Identifier: MIT */
/* grow.h - a root file system follows its disk when that became larger */
#ifndef STOREBOOT_GROW_H
#define STOREBOOT_GROW_H

#include <stdint.h>

#include "init/boot.h"

#define GROW_SUPERBLOCK_AT 1024
#define GROW_SUPERBLOCK_SIZE 1024

/*
 * What the superblock of an ext2, 3 or 4 file system says, against the disk's size in bytes. A pure function.
 * Returns the number of blocks to grow to; 0: it fills its disk, except for what no group of blocks
 * can use, or is no such file system.
 * ret_now: bytes that it has now.
 */
uint64_t grow_blocks(const void *superblock, uint64_t disk, uint64_t *ret_now);

/* Grows the file system that is mounted on NEW_ROOT to the end of its disk. One that cannot grow so
 * far, or at all, is no failure of the boot: a warning says so. */
void grow_root(struct boot *b);

#endif
