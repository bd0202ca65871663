/* SPDX-License-Identifier: MIT */
/* strict_io.h - a libext2fs I/O channel that remembers its first failed write */
#ifndef STOREBOOT_FS_STRICT_IO_H
#define STOREBOOT_FS_STRICT_IO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* It uses dev_t and mode_t without their header. */
#include <ext2fs/ext2fs.h>

struct strict_io {
	struct struct_io_manager ops; /* the channel's manager points here */
	io_manager base;
	ext2_filsys fs;
	ext2fs_block_bitmap written;	/* blocks that may hold something */
	errcode_t failed;		/* the first failure; 0: none */
	unsigned long long failed_at;	/* its offset in bytes; 0 with a failed flush */
	bool wrote;			/* something may have reached the disk */
	bool held;			/* the library has written the primary superblock: */
	uint8_t super[SUPERBLOCK_SIZE]; /* it is here, and not on the disk */
};

/*
 * Takes over fs's channel, which must have written nothing yet, of a disk that reads as zeroes.
 * From then on blocks of zeroes are not written where nothing was written before; the first failed
 * write or flush is kept in io->failed, and every later one fails with it, so that nothing that
 * depends on a lost block is written after it. The primary superblock is held back, for the caller
 * to write. io must outlive fs. Returns 0 or libext2fs's error.
 */
errcode_t strict_io_attach(struct strict_io *io, ext2_filsys fs);

#endif
