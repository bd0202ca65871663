/* SPDX-License-Identifier: MIT */
/* strict_io.c - tests of the channel below a format: which zeroes it drops, how an error stays */
#include "fs/strict_io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "init/lib/file.h"
#include "tests/lib/test.h"

#define BLOCK 4096
#define BLOCKS 4096

static char image[] = "/tmp/storeboot-io.XXXXXX";
static char zero[2 * BLOCK], data[2 * BLOCK];

static ext2_filsys start(struct strict_io *io)
{
	struct ext2_super_block p = { .s_rev_level = EXT2_DYNAMIC_REV, .s_log_block_size = 2 };
	ext2_filsys fs = NULL;

	CHECK(truncate(image, 0) == 0 && truncate(image, BLOCK * BLOCKS) == 0);
	ext2fs_blocks_count_set(&p, BLOCKS);
	CHECK_INT(ext2fs_initialize(image, EXT2_FLAG_64BITS, &p, unix_io_manager, &fs), 0);
	CHECK_INT(strict_io_attach(io, fs), 0);
	return fs;
}

static bool on_disk(int block, const char *want)
{
	_cleanup_close_ int fd = open(image, O_RDONLY | O_CLOEXEC);
	char got[BLOCK];

	return file_pread_all(fd, got, BLOCK, (off_t)block * BLOCK) == 0 &&
	       memcmp(got, want, BLOCK) == 0;
}

static void drops_only_what_is_zero_already(void)
{
	struct strict_io io;
	ext2_filsys fs = start(&io);
	struct stat st;

	CHECK_INT(io_channel_write_blk64(fs->io, 7, 2, zero), 0);
	CHECK_INT(io_channel_flush(fs->io), 0);
	CHECK(!io.wrote && stat(image, &st) == 0 && st.st_blocks == 0);
	/* Written, then zeroed: now the zeroes count. Block 11 was never touched. */
	CHECK_INT(io_channel_write_blk64(fs->io, 9, 2, data), 0);
	CHECK_INT(io_channel_flush(fs->io), 0);
	CHECK(io.wrote && on_disk(9, data) && on_disk(10, data) && on_disk(11, zero));
	CHECK_INT(io_channel_write_blk64(fs->io, 10, 2, zero), 0);
	CHECK_INT(io_channel_flush(fs->io), 0);
	CHECK(on_disk(9, data) && on_disk(10, zero) && on_disk(11, zero));
	/* The same for a write in bytes, as a backup superblock's. */
	CHECK_INT(io_channel_write_blk64(fs->io, 20, -1024, data), 0);
	CHECK_INT(io_channel_write_blk64(fs->io, 20, 1, zero), 0);
	CHECK_INT(io_channel_flush(fs->io), 0);
	CHECK(on_disk(20, zero));
	CHECK_INT(io.failed, 0);
	CHECK(!io.held);
	ext2fs_free(fs);
}

static void first_error_stays(void)
{
	struct rlimit old, limit = { 100 * BLOCK, RLIM_INFINITY };
	struct strict_io io;
	ext2_filsys fs = start(&io);

	CHECK_INT(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit.rlim_max = old.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	/* The library's cache takes it: the error comes with the flush. */
	CHECK_INT(io_channel_write_blk64(fs->io, 200, 1, data), 0);
	CHECK_INT(io.failed, 0);
	CHECK(io_channel_flush(fs->io) != 0);
	CHECK(io.failed != 0);
	CHECK_INT(io.failed_at, 200 * BLOCK);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &old), 0);
	/* The disk would take it again: too late. */
	CHECK(io_channel_write_blk64(fs->io, 300, 1, data) == io.failed);
	CHECK(io_channel_flush(fs->io) == io.failed);
	ext2fs_free(fs);
	CHECK(on_disk(200, zero) && on_disk(300, zero));
}

static void holds_the_superblock_back(void)
{
	struct strict_io io;
	ext2_filsys fs = start(&io);

	CHECK_INT(io_channel_write_blk64(fs->io, 1, 1, data), 0);
	CHECK_INT(io_channel_set_blksize(fs->io, 1024), 0);
	CHECK(!io.held);
	CHECK_INT(io_channel_write_blk64(fs->io, 1, -1024, data), 0);
	CHECK(io.held && memcmp(io.super, data, sizeof(io.super)) == 0);
	CHECK_INT(io_channel_set_blksize(fs->io, BLOCK), 0);
	CHECK_INT(io_channel_flush(fs->io), 0);
	CHECK(on_disk(0, zero) && on_disk(1, data));
	/* With its neighbours, or in part: not by libext2fs, as far as we know it. */
	CHECK(io_channel_write_blk64(fs->io, 0, 1, data) != 0);
	CHECK(io.failed != 0);
	ext2fs_free(fs);
	fs = start(&io);
	CHECK(io_channel_write_byte(fs->io, 1024, 2, data) != 0 && io.failed != 0);
	ext2fs_free(fs);
	CHECK(on_disk(0, zero));
}

int main(void)
{
	int fd = mkstemp(image);

	if (fd < 0)
		return 1;
	close(fd);
	memset(data, 0x5a, sizeof(data));
	RUN(drops_only_what_is_zero_already);
	RUN(first_error_stays);
	RUN(holds_the_superblock_back);
	unlink(image);
	TEST_END();
}
