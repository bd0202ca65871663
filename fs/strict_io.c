/* SPDX-License-Identifier: MIT */
/*
 * strict_io.c - a libext2fs I/O channel that remembers its first failed write
 *
 * libext2fs loses write errors. Its block cache writes late, from calls whose results are not
 * checked (ext2fs_free, set_blksize), so a format can succeed with blocks missing. The functions
 * here replace those of the channel and check every result. The write_error hook catches errors of
 * the cache's own writes.
 *
 * libext2fs also zeroes each block that it allocates. For the journal alone this is 16 MiB on a
 * disk of 512 MiB, and 1 GiB on a disk of 128 GiB or more. The disk reads as zeroes already, so a
 * block of zeroes is dropped, unless that block was written before.
 *
 * The primary superblock turns the disk into a file system. It is held back for the caller to write
 * last.
 */
#include "fs/strict_io.h"

#include <stddef.h>
#include <string.h>

#include "fs/zero.h"

static struct strict_io *of(io_channel channel)
{
	return (struct strict_io *)(void *)channel->manager;
}

static errcode_t keep(io_channel channel, unsigned long long block, errcode_t r)
{
	struct strict_io *io = of(channel);

	if (r != 0 && io->failed == 0) {
		io->failed = r;
		io->failed_at = block * (unsigned long long)channel->block_size;
	}
	return r;
}

/* libext2fs writes the primary superblock as block 1 of 1024 bytes with count -1024 (a negative
 * count is in bytes: ext2_io.h). */
static bool covers_super(io_channel channel, unsigned long long block, int count)
{
	unsigned long long size = (unsigned long long)channel->block_size, at = block * size;
	unsigned long long len = count < 0 ? -(unsigned long long)(long long)count :
					     (unsigned long long)count * size;

	return at < SUPERBLOCK_OFFSET + SUPERBLOCK_SIZE && at + len > SUPERBLOCK_OFFSET;
}

/* Returns true if the data is zeroes and so are the blocks on the disk. Otherwise marks the blocks
 * as written. */
static bool drop(struct strict_io *io, io_channel channel, unsigned long long block, int count,
		 const void *data)
{
	unsigned int size = io->fs->blocksize, n;

	if ((unsigned int)channel->block_size != size || block < io->fs->super->s_first_data_block)
		return false;
	n = count < 0 ? ((unsigned int)-count + size - 1) / size : (unsigned int)count;
	if (block + n > ext2fs_blocks_count(io->fs->super))
		return false;
	if (count > 0 && ext2fs_test_block_bitmap_range2(io->written, block, n) &&
	    fs_all_zero(data, (size_t)n * size))
		return true;
	ext2fs_mark_block_bitmap_range2(io->written, block, n);
	return false;
}

/* Saves the primary superblock in io instead of writing it. */
static errcode_t hold(io_channel channel, unsigned long long block, int count, const void *data)
{
	struct strict_io *io = of(channel);

	/* libext2fs never writes it together with another block. */
	if (channel->block_size != SUPERBLOCK_SIZE || (count != 1 && count != -SUPERBLOCK_SIZE))
		return keep(channel, block, EXT2_ET_UNIMPLEMENTED);
	memcpy(io->super, data, SUPERBLOCK_SIZE);
	io->held = true;
	return 0;
}

static errcode_t strict_write_blk64(io_channel channel, unsigned long long block, int count,
				    const void *data)
{
	struct strict_io *io = of(channel);

	if (io->failed)
		return io->failed;
	if (covers_super(channel, block, count))
		return hold(channel, block, count, data);
	if (drop(io, channel, block, count, data))
		return 0;
	io->wrote = true;
	return keep(channel, block, io->base->write_blk64(channel, block, count, data));
}

static errcode_t strict_write_blk(io_channel channel, unsigned long block, int count,
				  const void *data)
{
	return strict_write_blk64(channel, block, count, data);
}

static errcode_t strict_write_byte(io_channel channel, unsigned long offset, int count,
				   const void *data)
{
	struct strict_io *io = of(channel);

	if (io->failed)
		return io->failed;
	/* libext2fs uses this to update an existing superblock; a format has none. */
	(void)count;
	(void)data;
	return keep(channel, offset / (unsigned long)channel->block_size, EXT2_ET_UNIMPLEMENTED);
}

static errcode_t strict_flush(io_channel channel)
{
	struct strict_io *io = of(channel);

	return io->failed ? io->failed : keep(channel, 0, io->base->flush(channel));
}

/* The caller then writes zeroes block by block (ext2fs_zero_blocks2), which drop() checks. */
static errcode_t strict_zeroout(io_channel channel, unsigned long long block,
				unsigned long long count)
{
	(void)channel;
	(void)block;
	(void)count;
	return EXT2_ET_UNIMPLEMENTED;
}

/* Changing the block size flushes the cache. */
static errcode_t strict_set_blksize(io_channel channel, int size)
{
	struct strict_io *io = of(channel);

	return io->failed ? io->failed : keep(channel, 0, io->base->set_blksize(channel, size));
}

static errcode_t strict_close(io_channel channel)
{
	struct strict_io *io = of(channel);
	errcode_t r;

	ext2fs_free_block_bitmap(io->written);
	/* This frees the channel, so keep() cannot be called afterwards. */
	r = io->base->close(channel);
	if (r != 0 && io->failed == 0)
		io->failed = r;
	return r;
}

static errcode_t on_write_error(io_channel channel, unsigned long block, int count,
				const void *data, size_t size, int done, errcode_t error)
{
	(void)count;
	(void)data;
	(void)size;
	(void)done;
	return keep(channel, block, error ? error : EXT2_ET_SHORT_WRITE);
}

errcode_t strict_io_attach(struct strict_io *io, ext2_filsys fs)
{
	ext2fs_block_bitmap written;
	errcode_t r = ext2fs_allocate_block_bitmap(fs, "written", &written);

	_Static_assert(offsetof(struct strict_io, ops) == 0, "of() relies on it");
	if (r)
		return r;
	*io = (struct strict_io){
		.ops = *fs->io->manager, .base = fs->io->manager, .fs = fs, .written = written
	};
	io->ops.write_blk = strict_write_blk;
	io->ops.write_blk64 = strict_write_blk64;
	io->ops.write_byte = strict_write_byte;
	io->ops.zeroout = strict_zeroout;
	io->ops.flush = strict_flush;
	io->ops.set_blksize = strict_set_blksize;
	io->ops.close = strict_close;
	fs->io->manager = &io->ops;
	fs->io->write_error = on_write_error;
	return 0;
}
