/* SPDX-License-Identifier: MIT */
/*
 * zero.c - check that a disk reads as zeroes
 *
 * A first boot reads a disk of 512 MiB or more here, in a guest of 384 MiB. So the disk is read
 * with O_DIRECT, 1 MiB at a time: this takes fewer instructions than the page cache and evicts
 * nothing. If a device refuses O_DIRECT, each chunk is dropped from the cache after it is read.
 */
#include "fs/zero.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "init/lib/file.h"

#define CHUNK ((size_t)1 << 20)
#define PIECE 65536 /* bytes per write */

/* musl's memcmp works byte by byte, and each instruction counts in a TCG guest. So OR eight words
 * per iteration. */
bool fs_all_zero(const void *data, size_t len)
{
	const uint64_t *p = data, *end = p + len / sizeof(*p);

	for (; p < end; p += 8)
		if (p[0] | p[1] | p[2] | p[3] | p[4] | p[5] | p[6] | p[7])
			return false;
	return true;
}

/* Returns 0 or 1 as fs_find_nonzero. base: offset of buf on the disk. */
static int look(char *buf, size_t len, uint64_t base, uint64_t *ret_offset)
{
	size_t i = 0, up = (len + 63) & ~(size_t)63;

	memset(buf + len, 0, up - len);
	if (fs_all_zero(buf, up))
		return 0;
	while (buf[i] == 0)
		i++;
	*ret_offset = base + i;
	return 1;
}

/* Returns a second descriptor of fd, with O_DIRECT, or -1. */
static int open_direct(int fd)
{
	char path[32];

	if (str_format(path, sizeof(path), "/proc/self/fd/%d", fd) < 0)
		return -1;
	return open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
}

static int scan_range(int fd, char *buf, uint64_t at, uint64_t end, uint64_t *ret_offset)
{
	_cleanup_close_ int direct = open_direct(fd);
	int r = 0;

	while (at < end && r == 0) {
		size_t n = end - at < CHUNK ? (size_t)(end - at) : CHUNK;

		r = direct >= 0 ? file_pread_all(direct, buf, n, (off_t)at) : -EINVAL;
		if (r == -EINVAL) {
			/* Not supported by this device, or not with its block size. */
			cleanup_close(&direct);
			direct = -1;
			r = file_pread_all(fd, buf, n, (off_t)at);
			posix_fadvise(fd, (off_t)at, (off_t)n, POSIX_FADV_DONTNEED);
		}
		if (r == 0)
			r = look(buf, n, at, ret_offset);
		at += n;
	}
	return r;
}

/* Scans only the data between the holes of an image file (lseek(2), SEEK_DATA). */
static int scan_file(int fd, char *buf, uint64_t at, uint64_t size, uint64_t *ret_offset)
{
	int r = 0;

	while (at < size && r == 0) {
		off_t data = lseek(fd, (off_t)at, SEEK_DATA), hole;

		if (data < 0 && errno == ENXIO)
			return 0;
		if (data < 0 && errno != EINVAL && errno != EOPNOTSUPP)
			return -errno;
		hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
		if (hole < 0)
			return scan_range(fd, buf, data < 0 ? at : (uint64_t)data, size,
					  ret_offset);
		if ((uint64_t)data >= size)
			return 0;
		at = (uint64_t)hole < size ? (uint64_t)hole : size;
		r = scan_range(fd, buf, (uint64_t)data, at, ret_offset);
	}
	return r;
}

int fs_find_nonzero(int fd, uint64_t at, uint64_t end, uint64_t *ret_offset)
{
	struct stat st;
	char *buf;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	/* O_DIRECT needs a page-aligned buffer. */
	buf = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buf == MAP_FAILED)
		return -errno;
	if (S_ISREG(st.st_mode))
		r = scan_file(fd, buf, at, end, ret_offset);
	else
		r = scan_range(fd, buf, at, end, ret_offset);
	munmap(buf, CHUNK);
	return r;
}

int fs_zero_fill(int fd, uint64_t from, uint64_t size)
{
	static char zero[PIECE]; /* not const: takes no space in the binary */
	uint64_t at = 0, found;
	ssize_t w;
	int r;

	while ((r = fs_find_nonzero(fd, at, size, &found)) == 1) {
		uint64_t start = found & ~(uint64_t)(PIECE - 1);
		size_t n = size - start < PIECE ? (size_t)(size - start) : PIECE;

		at = start + n;
		if (start < from) {
			n -= (size_t)(from - start);
			start = from;
		}
		w = pwrite(fd, zero, n, (off_t)start);
		if (w != (ssize_t)n)
			return w < 0 ? -errno : -ENOSPC;
	}
	return r < 0 || fsync(fd) == 0 ? r : -errno;
}
