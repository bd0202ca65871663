/* SPDX-License-Identifier: MIT */
/* image_cache.c - tests of the images that are kept: found, refused when they changed, evicted by age */
#include "host/share/image_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "init/lib/file.h"
#include "tests/lib/test.h"

#define KEY(c) c c c c c c c c c c c c c c c c
#define A KEY("aaaa")
#define B KEY("bbbb")
#define C KEY("cccc")
#define BLOCKS 4

static int dir;

/* An image of BLOCKS blocks as far as its superblock goes. Returns what is kept. */
static int keep(const char *key, uint64_t max)
{
	_cleanup_close_ int fd = image_cache_new(dir);
	unsigned char sb[64] = { [0] = 0xe2, 0xe1, 0xf5, 0xe0, [12] = 12, [36] = BLOCKS };

	CHECK(fd >= 0);
	CHECK_INT(posix_fallocate(fd, 0, BLOCKS * 4096), 0);
	CHECK_INT(pwrite(fd, sb, sizeof(sb), 1024), sizeof(sb));
	return image_cache_keep(dir, fd, key, max);
}

static bool is_there(const char *key)
{
	_cleanup_close_ int fd = image_cache_find(dir, key);

	return fd >= 0;
}

static void kept_and_found(void)
{
	_cleanup_close_ int fd = keep(A, UINT64_MAX);
	struct stat st;

	CHECK(fd >= 0);
	CHECK_INT(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	CHECK_INT(fstat(fd, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0400);
	CHECK(is_there(A));
	CHECK(!is_there(B));
	/* Somebody else was quicker. */
	cleanup_close(&fd);
	fd = keep(A, UINT64_MAX);
	CHECK(fd >= 0);
}

/* Each is taken for what it is not, and goes. */
static void changed(void)
{
	static const struct timespec as_made[2] = { { 0, UTIME_OMIT }, { 1, 0 } };
	_cleanup_close_ int fd = -1;

	CHECK_INT(fchmodat(dir, A ".erofs", 0600, 0), 0);
	fd = openat(dir, A ".erofs", O_WRONLY | O_CLOEXEC);
	CHECK_INT(pwrite(fd, "x", 1, 9000), 1);
	CHECK(!is_there(A));
	CHECK_INT(faccessat(dir, A ".erofs", F_OK, 0), -1);

	cleanup_close(&fd);
	fd = keep(A, UINT64_MAX);
	CHECK_INT(fchmod(fd, 0600), 0);
	cleanup_close(&fd);
	fd = openat(dir, A ".erofs", O_WRONLY | O_CLOEXEC);
	CHECK_INT(ftruncate(fd, BLOCKS * 4096 - 1), 0);
	CHECK_INT(futimens(fd, as_made), 0);
	CHECK(!is_there(A));

	CHECK_INT(mkdirat(dir, B ".erofs", 0700), 0);
	CHECK(!is_there(B));
	CHECK_INT(unlinkat(dir, B ".erofs", AT_REMOVEDIR), 0);
	CHECK_INT(symlinkat("/etc/passwd", dir, B ".erofs"), 0);
	CHECK(!is_there(B));
	CHECK_INT(unlinkat(dir, B ".erofs", 0), 0);
}

static void used(const char *name, time_t when)
{
	const struct timespec t[2] = { { when, 0 }, { 0, UTIME_OMIT } };

	CHECK_INT(utimensat(dir, name, t, 0), 0);
}

static void oldest_goes(void)
{
	const uint64_t one = BLOCKS * 4096;
	_cleanup_close_ int a = keep(A, UINT64_MAX), b = keep(B, UINT64_MAX), c = -1;

	used(A ".erofs", 2000);
	used(B ".erofs", 1000);
	c = keep(C, 2 * one);
	CHECK(c >= 0);
	CHECK(is_there(A));
	CHECK(!is_there(B));
	cleanup_close(&c);
	/* Too large by itself: the run has it all the same. */
	c = keep(B, 1);
	CHECK(c >= 0);
	CHECK(is_there(B));
	CHECK(!is_there(A));
	CHECK(!is_there(C));
}

int main(void)
{
	char top[] = "/tmp/storeboot-test.XXXXXX";

	if (!mkdtemp(top))
		return 1;
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	RUN(kept_and_found);
	RUN(changed);
	RUN(oldest_goes);
	unlinkat(dir, B ".erofs", 0);
	close(dir);
	CHECK_INT(rmdir(top), 0);
	TEST_END();
}
