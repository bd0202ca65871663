/* SPDX-License-Identifier: MIT */
/*
 * cache.c - a cache of built files, keyed by the hash of their inputs
 *
 * A file's name is KEY-CONTENT.img, two SHA-256 hashes: KEY of its inputs, CONTENT of its bytes. A
 * single rename makes it appear complete, and a reader verifies it before use: the content of a
 * truncated or changed file does not match its name. The mtime is the time of last use.
 */
#include "host/lib/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sha256.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "host/lib/new_file.h"
#include "init/lib/file.h"

#define SUFFIX ".img"
#define TMP_AGE_MAX 3600 /* seconds; the writer of an older temporary file is considered dead */

/* Does it belong to another user? Root must leave no files in a user's HOME (sudo). */
static bool is_foreign(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_uid != geteuid();
}

int cache_base(struct buf *ret)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	/* A relative path must be ignored (XDG Base Directory Specification). */
	if (xdg && xdg[0] == '/')
		return is_foreign(xdg) ? -EPERM : buf_addf(ret, "%s/storeboot", xdg);
	if (home && home[0] == '/')
		return is_foreign(home) ? -EPERM : buf_addf(ret, "%s/.cache/storeboot", home);
	return -ENOENT;
}

int cache_open(const char *name, struct buf *ret_path)
{
	_cleanup_buf_ struct buf path = { 0 };
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r = cache_base(&path);

	if (r == 0)
		r = buf_addf(&path, "/%s", name);
	if (r == 0)
		r = file_mkdirs(AT_FDCWD, path.data, 0700);
	if (r < 0)
		return r;
	fd = open(path.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	/* Another user could change the files of his folder at any time. */
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return -EPERM;
	*ret_path = path;
	path = (struct buf){ 0 };
	return take_fd(&fd);
}

static int hash_fd(int fd, char hex[static CACHE_KEY_SIZE])
{
	uint8_t chunk[65536];
	SHA256_CTX c;
	ssize_t n;

	SHA256Init(&c);
	for (off_t at = 0; (n = pread(fd, chunk, sizeof(chunk), at)) != 0; at += n) {
		if (n < 0)
			return -errno;
		SHA256Update(&c, chunk, (size_t)n);
	}
	SHA256End(&c, hex);
	return 0;
}

/* Is name KEY-CONTENT.img of this key? */
static bool is_name_of(const char *name, const char *key)
{
	size_t n = strlen(key);

	return strlen(name) == 2 * n + 1 + strlen(SUFFIX) && strncmp(name, key, n) == 0 &&
	       name[n] == '-' && str_ends(name, SUFFIX);
}

/* Returns a descriptor, or -EBADMSG if the content does not match the name. */
static int open_checked(int dir, const char *name, const char *key)
{
	static const struct timespec now[2] = { { 0, UTIME_OMIT }, { 0, UTIME_NOW } };
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char hex[CACHE_KEY_SIZE];
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	r = hash_fd(fd, hex);
	if (r < 0)
		return r;
	if (strncmp(name + strlen(key) + 1, hex, strlen(hex)) != 0)
		return -EBADMSG;
	/* Only for pruning; if it fails, the file is pruned early. */
	if (futimens(fd, now) < 0)
		errno = 0;
	return take_fd(&fd);
}

/* Lists the folder from the start, through a new descriptor. */
static DIR *list(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	if (!d)
		cleanup_close(&fd);
	return d;
}

int cache_find(int dir, const char *key, struct buf *ret_name)
{
	_cleanup_closedir_ DIR *d = list(dir);
	const struct dirent *n;

	if (!d)
		return -errno;
	while ((n = readdir(d))) {
		int fd;

		if (!is_name_of(n->d_name, key))
			continue;
		fd = open_checked(dir, n->d_name, key);
		if (fd == -EBADMSG)
			unlinkat(dir, n->d_name, 0);
		if (fd < 0)
			continue;
		if (buf_addf(ret_name, "%s", n->d_name) == 0)
			return fd;
		close(fd);
		return -ENOMEM;
	}
	return -ENOENT;
}

struct aged {
	char name[2 * CACHE_KEY_SIZE + sizeof(SUFFIX)];
	struct timespec used;
};

static int newest_first(const void *a, const void *b)
{
	const struct aged *x = a, *y = b;

	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? 1 : -1;
	if (x->used.tv_nsec != y->used.tv_nsec)
		return x->used.tv_nsec < y->used.tv_nsec ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* Age is measured by ctime, since image_cache.c sets an image's mtime to a time long ago before it
 * has its name. FAT has no ctime, but there the image's writer holds a lock. */
static void remove_left_over(int dir, const char *name, const struct stat *st)
{
	if (strstr(name, CACHE_TMP_MARK) && time(NULL) - st->st_ctime > TMP_AGE_MAX &&
	    new_file_writer(dir, name) <= 0)
		unlinkat(dir, name, 0);
}

void cache_sweep(int dir)
{
	_cleanup_closedir_ DIR *d = list(dir);
	const struct dirent *e;
	struct stat st;

	while (d && (e = readdir(d)))
		if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			remove_left_over(dir, e->d_name, &st);
}

/* Removes a killed writer's temporary file, or records the age of a cached file. */
static int look_at(int dir, const char *name, struct aged **files, size_t *n)
{
	struct stat st;
	struct aged *v;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	remove_left_over(dir, name, &st);
	if (!str_ends(name, SUFFIX) || strlen(name) >= sizeof(v->name))
		return 0;
	v = reallocarray(*files, *n + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	*files = v;
	v += (*n)++;
	memcpy(v->name, name, strlen(name) + 1);
	v->used = st.st_mtim;
	return 0;
}

/* Best effort: failing to prune is no error. */
static void prune(int dir)
{
	_cleanup_free_ struct aged *files = NULL;
	_cleanup_closedir_ DIR *d = list(dir);
	const struct dirent *e;
	size_t n = 0;

	while (d && (e = readdir(d)))
		if (look_at(dir, e->d_name, &files, &n) < 0)
			return;
	if (n > 0)
		qsort(files, n, sizeof(*files), newest_first);
	for (size_t i = CACHE_FILES_MAX; i < n; i++)
		unlinkat(dir, files[i].name, 0);
}

static int write_tmp(int dir, const char *tmp, const void *data, size_t len)
{
	_cleanup_close_ int fd =
		openat(dir, tmp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	/* No fsync: the content of a file truncated by a crash does not match its name. */
	return fd < 0 ? -errno : file_write_all(fd, data, len);
}

int cache_store(int dir, const char *key, const void *data, size_t len, struct buf *ret_name)
{
	char content[CACHE_KEY_SIZE], name[NAME_MAX + 1], tmp[NAME_MAX + 1];
	int r, fd;

	SHA256Data(data, len, content);
	r = str_format(name, sizeof(name), "%s-%s" SUFFIX, key, content);
	if (r == 0)
		r = str_format(tmp, sizeof(tmp), "%s" CACHE_TMP_MARK "%d", key, getpid());
	if (r < 0)
		return r;
	unlinkat(dir, tmp, 0); /* left by a dead process with our PID */
	r = write_tmp(dir, tmp, data, len);
	if (r == 0 && renameat(dir, tmp, dir, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dir, tmp, 0);
		return r;
	}
	/* Verify it like any other: a full or faulty disk shows here, not in the guest. */
	fd = open_checked(dir, name, key);
	if (fd >= 0 && buf_addf(ret_name, "%s", name) < 0) {
		close(fd);
		fd = -ENOMEM;
	}
	if (fd >= 0)
		prune(dir);
	return fd;
}
