/* SPDX-License-Identifier: MIT */
/*
 * image_cache.c - cached images of closures, with a limit on their total size
 *
 * Theory of operation: an image gets its name only after it has been written to the disk
 * (new_file.h). Reading gigabytes at each start to verify an image would cost more than the image
 * saves. Instead, a complete image gets the start of 2000 as its mtime, which any write or
 * truncation changes. (FAT's times begin in 1980 and are even.) The atime is the time of last use,
 * and is set only here.
 */
#include "host/share/image_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>

#include "init/lib/file.h"

#define SUFFIX ".erofs"
#define MADE 946684800	  /* mtime of a complete image: 2000-01-01 00:00:00 UTC */
#define MAGIC 0xe0f5e1e2u /* linux/magic.h, EROFS_SUPER_MAGIC_V1 */
#define SUPERBLOCK 1024

static int name_of(const char *key, char *ret)
{
	return str_format(ret, NAME_MAX + 1, "%s" SUFFIX, key);
}

/* From erofs_fs.h, all little-endian: magic at 0, log2 of the block size at 12, number of blocks
 * at 36. */
static bool is_whole(int fd, const struct stat *st)
{
	unsigned char sb[64];
	uint64_t blocks;

	if (!S_ISREG(st->st_mode) || st->st_uid != geteuid() || st->st_mtim.tv_sec != MADE ||
	    st->st_mtim.tv_nsec != 0 || file_pread_all(fd, sb, sizeof(sb), SUPERBLOCK) < 0)
		return false;
	blocks = sb[36] | (uint64_t)sb[37] << 8 | (uint64_t)sb[38] << 16 | (uint64_t)sb[39] << 24;
	return (sb[0] | sb[1] << 8 | sb[2] << 16 | (uint32_t)sb[3] << 24) == MAGIC && sb[12] < 17 &&
	       (uint64_t)st->st_size >= blocks << sb[12];
}

int image_cache_find(int dir, const char *key)
{
	static const struct timespec used[2] = { { 0, UTIME_NOW }, { 0, UTIME_OMIT } };
	_cleanup_close_ int fd = -1;
	char name[NAME_MAX + 1];
	struct stat st;
	int r = name_of(key, name);

	if (r < 0)
		return r;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !is_whole(fd, &st)) {
		unlinkat(dir, name, 0);
		return -ENOENT;
	}
	/* On failure the image is only evicted earlier. */
	if (futimens(fd, used) < 0)
		errno = 0;
	return take_fd(&fd);
}

int image_cache_new(int dir, const char *key, struct new_file *ret)
{
	char prefix[NAME_MAX + 1];

	*ret = (struct new_file)NEW_FILE_INIT;
	cache_sweep(dir);
	return str_format(prefix, sizeof(prefix), "%s" CACHE_TMP_MARK, key) < 0 ?
		       -ENAMETOOLONG :
		       new_file_open(dir, ".", prefix, 0600, ret);
}

struct kept {
	char name[CACHE_KEY_SIZE + sizeof(SUFFIX)];
	struct timespec used;
	uint64_t bytes;
};

static int newest_first(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? 1 : -1;
	if (x->used.tv_nsec != y->used.tv_nsec)
		return x->used.tv_nsec < y->used.tv_nsec ? 1 : -1;
	return strcmp(x->name, y->name);
}

static int note(int dir, const char *name, struct kept **all, size_t *n)
{
	struct stat st;
	struct kept *v;

	if (!str_ends(name, SUFFIX) || strlen(name) >= sizeof(v->name) ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	v = reallocarray(*all, *n + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	*all = v;
	v += (*n)++;
	memcpy(v->name, name, strlen(name) + 1);
	v->used = st.st_atim;
	v->bytes = (uint64_t)st.st_blocks * 512;
	return 0;
}

/* Best effort: a cache that is too large is no error. An image stays readable to a run that has it
 * open. */
static void evict(int dir, const char *own, uint64_t max)
{
	int list = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_closedir_ DIR *d = list >= 0 ? fdopendir(list) : NULL;
	_cleanup_free_ struct kept *all = NULL;
	const struct dirent *ent;
	uint64_t sum = 0;
	size_t n = 0;

	if (!d)
		cleanup_close(&list);
	while (d && (ent = readdir(d)))
		if (note(dir, ent->d_name, &all, &n) < 0)
			return;
	if (n > 0)
		qsort(all, n, sizeof(*all), newest_first);
	for (size_t i = 0; i < n; i++) {
		sum += all[i].bytes;
		if (sum > max && !str_eq(all[i].name, own))
			unlinkat(dir, all[i].name, 0);
	}
}

/* Set the mtime after all data is on the disk: a file server sets it, too, when it receives
 * data. */
static int seal(int fd)
{
	static const struct timespec made[2] = { { 0, UTIME_NOW }, { MADE, 0 } };

	if (fchmod(fd, 0400) < 0) /* no modes here, or all files belong to one user */
		errno = 0;
	return fsync(fd) < 0 || futimens(fd, made) < 0 || fsync(fd) < 0 ? -errno : 0;
}

int image_cache_keep(int dir, struct new_file *f, const char *key, uint64_t max)
{
	char name[NAME_MAX + 1];
	int r = name_of(key, name);

	if (r == 0)
		r = seal(f->fd);
	if (r == 0)
		r = new_file_name(f, name);
	/* If another run was faster, its image is as good. */
	if (r < 0 && r != -EEXIST)
		return r;
	evict(dir, name, max);
	return image_cache_find(dir, key);
}
