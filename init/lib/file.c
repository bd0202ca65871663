/* SPDX-License-Identifier: MIT */
/* file.c - reads and writes whole files, relative to a folder's descriptor */
#include "init/lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int file_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_pread_all(int fd, void *data, size_t len, off_t offset)
{
	char *p = data;

	while (len > 0) {
		ssize_t n = pread(fd, p, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		p += n;
		len -= (size_t)n;
		offset += n;
	}
	return 0;
}

int file_read_fd(int fd, size_t max, struct buf *ret)
{
	size_t total = 0;

	for (;;) {
		size_t step = total < 4096 ? 4096 : total;
		ssize_t n;
		int r = buf_reserve(ret, step);

		if (r < 0)
			return r;
		ret->data[ret->len] = '\0'; /* terminate an empty file, too */
		n = read(fd, ret->data + ret->len, step);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		ret->len += (size_t)n;
		ret->data[ret->len] = '\0';
		total += (size_t)n;
		if (total > max)
			return -EFBIG;
	}
}

int file_read(int dirfd, const char *path, size_t max, struct buf *ret)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return -EMEDIUMTYPE;
	return file_read_fd(fd, max, ret);
}

int file_read_line(int dirfd, const char *path, char *dst, size_t size)
{
	_cleanup_buf_ struct buf b = { 0 };
	int r = file_read(dirfd, path, size, &b);

	if (r < 0)
		return r;
	if (b.len > 0 && b.data[b.len - 1] == '\n')
		b.len--;
	if (b.len >= size)
		return -EFBIG;
	memcpy(dst, b.data, b.len);
	dst[b.len] = '\0';
	return 0;
}

int file_write(int dirfd, const char *path, const void *data, size_t len)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return file_write_all(fd, data, len);
}

/* The rename is durable only after an fsync of the folder (fsync(2)). */
static int sync_parent(int dirfd, const char *path)
{
	char parent[PATH_MAX];
	_cleanup_close_ int fd = -1;
	char *slash;

	if (str_format(parent, sizeof(parent), "%s", path) < 0)
		return -ENAMETOOLONG;
	slash = strrchr(parent, '/');
	if (!slash)
		memcpy(parent, ".", 2);
	else if (slash == parent)
		slash[1] = '\0';
	else
		slash[0] = '\0';
	fd = openat(dirfd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

/* Always creates the file: one left by a dead process with our PID may have another mode or a
 * second hard link. */
static int write_tmp(int dirfd, const char *tmp, const void *data, size_t len, mode_t mode)
{
	_cleanup_close_ int fd = -1;
	int r;

	if (unlinkat(dirfd, tmp, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0)
		return -errno;
	r = file_write_all(fd, data, len);
	if (r < 0)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}

int file_replace(int dirfd, const char *path, const void *data, size_t len, mode_t mode)
{
	char tmp[PATH_MAX];
	int r;

	/* One name per process: two that replace the same file at once must not remove or publish
	 * each other's. storeboot-init is PID 1 at each boot, so it finds the file that a power cut
	 * left. */
	if (str_format(tmp, sizeof(tmp), "%s.tmp.%d", path, (int)getpid()) < 0)
		return -ENAMETOOLONG;
	r = write_tmp(dirfd, tmp, data, len, mode);
	if (r == 0 && renameat(dirfd, tmp, dirfd, path) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dirfd, tmp, 0);
		return r;
	}
	return sync_parent(dirfd, path);
}

/* mkdir(2) that accepts an existing folder, or a link to one. */
static int make_folder(int dirfd, const char *path, mode_t mode)
{
	struct stat st;

	if (mkdirat(dirfd, path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (fstatat(dirfd, path, &st, 0) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int file_mkdirs(int dirfd, const char *path, mode_t mode)
{
	char part[PATH_MAX];
	int r;

	if (path[0] == '\0')
		return -ENOENT;
	if (str_format(part, sizeof(part), "%s", path) < 0)
		return -ENAMETOOLONG;
	for (char *p = part + 1;; p++) {
		bool end = *p == '\0';

		if (!end && *p != '/')
			continue;
		*p = '\0';
		r = make_folder(dirfd, part, mode);
		if (r < 0 || end)
			return r;
		*p = '/';
	}
}
