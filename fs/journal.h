/* SPDX-License-Identifier: MIT */
/* journal.h - an empty journal for a new ext3 */
#ifndef STOREBOOT_FS_JOURNAL_H
#define STOREBOOT_FS_JOURNAL_H

#include <sys/types.h>

/* ext2fs.h uses dev_t and mode_t but does not include their header. */
#include <ext2fs/ext2fs.h>

/*
 * Makes a journal of the given size. No block of fs may have been freed yet, and free blocks must
 * read as zeroes. For ext3 the result is that of ext2fs_add_journal_inode3, at less than half the
 * cost: that function looks up each block twice, with a new buffer each time (an madvise(2) with
 * musl's malloc), and then writes zeroes. Returns 0 or libext2fs's error.
 */
errcode_t journal_make(ext2_filsys fs, struct ext2fs_journal_params *size);

#endif
