/* SPDX-License-Identifier: MIT */
/* journal.h - an empty journal for a new ext3 */
#ifndef STOREBOOT_FS_JOURNAL_H
#define STOREBOOT_FS_JOURNAL_H

#include <sys/types.h>

/* It uses dev_t and mode_t without their header. */
#include <ext2fs/ext2fs.h>

/*
 * Gives fs, of which no block was freed yet and whose free blocks read as zeroes, a journal of that
 * size. Does what ext2fs_add_journal_inode3 does for an ext3, at less than half its cost: that
 * looks each block up twice, with a buffer of its own (with musl's malloc a madvise(2) each time),
 * and then writes zeroes. Returns 0 or libext2fs's error.
 */
errcode_t journal_make(ext2_filsys fs, struct ext2fs_journal_params *size);

#endif
