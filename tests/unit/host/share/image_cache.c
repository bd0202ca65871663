/* SPDX-License-Identifier: MIT */
/* image_cache.c - tests of the images that are kept: found, refused when they changed, evicted by
 * age, on all kinds of file systems */
#include "host/share/image_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "host/lib/lock.h"
#include "init/lib/file.h"
#include "tests/lib/clock.h"
#include "tests/lib/lesser_fs.h"
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
	_cleanup_(new_file_close) struct new_file f = NEW_FILE_INIT;
	unsigned char sb[64] = { [0] = 0xe2, 0xe1, 0xf5, 0xe0, [12] = 12, [36] = BLOCKS };

	CHECK_INT(image_cache_new(dir, key, &f), 0);
	CHECK_INT(posix_fallocate(f.fd, 0, BLOCKS * 4096), 0);
	CHECK_INT(pwrite(f.fd, sb, sizeof(sb), 1024), sizeof(sb));
	return image_cache_keep(dir, &f, key, max);
}

static bool is_there(const char *key)
{
	_cleanup_close_ int fd = image_cache_find(dir, key);

	return fd >= 0;
}

static bool has_modes(void)
{
	_cleanup_close_ int fd = openat(dir, "mode", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;
	bool has = fchmod(fd, 0400) == 0 && fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0400;

	CHECK_INT(unlinkat(dir, "mode", 0), 0);
	return has;
}

static void kept_and_found(void)
{
	_cleanup_close_ int fd = keep(A, UINT64_MAX);
	struct stat st;

	CHECK(fd >= 0);
	CHECK_INT(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	CHECK_INT(fstat(fd, &st), 0);
	CHECK_INT(st.st_mode & 0777, has_modes() ? 0400 : lacks ? 0600 : st.st_mode & 0777);
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
	static const struct timespec as_made[2] = { { 0, UTIME_OMIT }, { 946684800, 0 } };
	_cleanup_close_ int fd = -1;

	CHECK_INT(fchmodat(dir, A ".erofs", 0600, 0), 0);
	fd = openat(dir, A ".erofs", O_WRONLY | O_CLOEXEC);
	CHECK_INT(pwrite(fd, "x", 1, 9000), 1);
	CHECK(!is_there(A));
	CHECK_INT(faccessat(dir, A ".erofs", F_OK, 0), -1);

	cleanup_close(&fd);
	fd = keep(A, UINT64_MAX);
	CHECK_INT(fchmodat(dir, A ".erofs", 0600, 0), 0);
	cleanup_close(&fd);
	fd = openat(dir, A ".erofs", O_WRONLY | O_CLOEXEC);
	CHECK_INT(ftruncate(fd, BLOCKS * 4096 - 1), 0);
	CHECK_INT(futimens(fd, as_made), 0);
	CHECK(!is_there(A));

	CHECK_INT(mkdirat(dir, B ".erofs", 0700), 0);
	CHECK(!is_there(B));
	CHECK_INT(unlinkat(dir, B ".erofs", AT_REMOVEDIR), 0);
	if (symlinkat("/etc/passwd", dir, B ".erofs") < 0) /* FAT */
		return;
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

	used(A ".erofs", 1000864000); /* FAT has no more than the day */
	used(B ".erofs", 1000000000);
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

/* A run that was killed where a file has to have a name: gone when nobody has changed it for an
 * hour. One that another run has just sealed has an mtime long ago, and stays. */
static void left_over(void)
{
	static const char old[] = A ".tmp.1", sealed[] = B ".tmp.2";
	const struct timespec as_made[2] = { { 0, UTIME_NOW }, { 946684800, 0 } };
	_cleanup_close_ int fd = -1, a = -1;
	struct stat st;

	CHECK_INT(file_replace(dir, old, "x", 1, 0600), 0);
	CHECK_INT(file_replace(dir, sealed, "x", 1, 0600), 0);
	fd = openat(dir, sealed, O_RDWR | O_CLOEXEC);
	CHECK_INT(futimens(fd, as_made), 0);
	CHECK_INT(fstat(fd, &st), 0);
	if (st.st_ctim.tv_sec != st.st_mtim.tv_sec) { /* FAT */
		cache_sweep(dir);
		CHECK_INT(faccessat(dir, sealed, F_OK, 0), 0);
	}
	CHECK_INT(lock_file(fd, false), 0);
	clock_ahead = 2 * 3600;
	a = keep(A, UINT64_MAX);
	CHECK(a >= 0);
	CHECK_INT(faccessat(dir, old, F_OK, 0), -1);
	CHECK_INT(faccessat(dir, sealed, F_OK, 0), 0);
	cleanup_close(&fd);
	fd = -1;
	cache_sweep(dir);
	CHECK_INT(faccessat(dir, sealed, F_OK, 0), -1);
	clock_ahead = 0;
}

/* Nothing but images: what they were written as is gone. */
static void nothing_else(void)
{
	_cleanup_closedir_ DIR *d = fdopendir(dup(dir));
	const struct dirent *entry;

	rewinddir(d);
	while ((entry = readdir(d)))
		CHECK(entry->d_name[0] == '.' || str_ends(entry->d_name, ".erofs"));
}

static void tests(const char *top)
{
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	RUN(kept_and_found);
	RUN(changed);
	RUN(oldest_goes);
	RUN(left_over);
	RUN(nothing_else);
	close(dir);
}

int main(int argc, char **argv)
{
	(void)argv;
	lesser_run(argc, tests);
	TEST_END();
}
