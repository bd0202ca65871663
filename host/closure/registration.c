/* SPDX-License-Identifier: MIT */
/*
 * registration.c - the registration of the system's closure for the guest
 *
 * A store path does not change while it exists, so its registration is cached. A path that was
 * removed and built again may have another hash, but then its inode and ctime differ, too.
 */
#include "host/closure/registration.h"

#include <errno.h>
#include <sha256.h>
#include <stdint.h>
#include <sys/stat.h>

#include "host/lib/cache.h"
#include "host/closure/reginfo.h"
#include "init/lib/file.h"

#define REGISTRATION_MAX ((size_t)256 << 20)

/* The cache's key for store paths: each path with its inode and ctime. */
static int cache_key(const char *const *paths, char key[static CACHE_KEY_SIZE])
{
	_cleanup_buf_ struct buf text = { 0 };
	struct stat st;
	int r = 0;

	for (; r == 0 && *paths; paths++) {
		if (lstat(*paths, &st) < 0)
			return -errno;
		r = buf_addf(&text, "%s %llx %llx.%lx\n", *paths, (unsigned long long)st.st_ino,
			     (unsigned long long)st.st_ctim.tv_sec,
			     (unsigned long)st.st_ctim.tv_nsec);
	}
	if (r == 0)
		SHA256Data((const uint8_t *)text.data, text.len, key);
	return r;
}

static int from_cache(int dir, const char *key, struct buf *ret)
{
	_cleanup_buf_ struct buf name = { 0 };
	_cleanup_close_ int fd = cache_find(dir, key, &name);

	return fd < 0 ? fd : file_read_fd(fd, REGISTRATION_MAX, ret);
}

/* If this fails, the next run asks Nix again. */
static void to_cache(int dir, const char *key, const struct buf *b)
{
	_cleanup_buf_ struct buf name = { 0 };
	_cleanup_close_ int fd = cache_store(dir, key, b->data, b->len, &name);

	if (fd < 0)
		return;
}

int registration_get(const char *const *paths, struct buf *ret, struct err *e)
{
	_cleanup_buf_ struct buf folder = { 0 };
	_cleanup_close_ int dir = cache_open("registration", &folder);
	char key[CACHE_KEY_SIZE];
	bool cached = dir >= 0 && cache_key(paths, key) == 0;
	int r;

	if (cached && from_cache(dir, key, ret) == 0)
		return 0;
	ret->len = 0;
	r = registration_from_nix(paths, ret, e);
	if (r == 0 && cached)
		to_cache(dir, key, ret);
	return r;
}
