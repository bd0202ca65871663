/* SPDX-License-Identifier: MIT */
/* strict_io.h - a libext2fs I/O channel that remembers its first failed write */
#ifndef STOREBOOT_FS_STRICT_IO_H
#define STOREBOOT_FS_STRICT_IO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* ext2fs.h uses dev_t and mode_t but does not include their header. */
#include <ext2fs/ext2fs.h>

struct strict_io {
	struct struct_io_manager ops; /* the channel's manager points here */
	io_manager base;
	ext2_filsys fs;
	ext2fs_block_bitmap written;  /* blocks that may hold something */
	errcode_t failed;	      /* the first failure; 0: none */
	unsigned long long failed_at; /* its offset in bytes; 0 for a failed flush */
	bool wrote;		      /* something may have reached the disk */
	bool held;		      /* the library has written the primary superblock, to super */
	uint8_t super[SUPERBLOCK_SIZE]; /* not on the disk */
};

/*
 * Replaces the I/O channel of fs. Nothing may have been written through it, and the disk must read
 * as zeroes. From then on blocks of zeroes are written only over blocks written before. The first
 * failed write or flush is kept in io->failed and every later one fails with the same error, so no
 * block is written that depends on a lost one. The primary superblock is held back for the caller
 * to write. io must outlive fs. Returns 0 or libext2fs's error.
 */
errcode_t strict_io_attach(struct strict_io *io, ext2_filsys fs);

#endif
