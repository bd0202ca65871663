/* SPDX-License-Identifier: MIT */
/*
 * zero.c - does a disk read as zeroes
 *
 * A guest of 384 MiB reads a disk of 512 MiB or more here, on its first boot. So a block device is
 * read past the page cache (O_DIRECT), 1 MiB at a time: fewer instructions than through the cache,
 * and nothing is evicted. Where a device refuses O_DIRECT, what was read is dropped again.
 */
#include "fs/zero.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "init/lib/file.h"

#define CHUNK ((size_t)1 << 20)
#define PIECE 65536 /* what is written at a time */

/*
 * musl's memcmp goes byte by byte, and in a TCG guest each instruction counts: or together eight
 * words a turn.
 */
bool fs_all_zero(const void *data, size_t len)
{
	const uint64_t *p = data, *end = p + len / sizeof(*p);

	for (; p < end; p += 8)
		if (p[0] | p[1] | p[2] | p[3] | p[4] | p[5] | p[6] | p[7])
			return false;
	return true;
}

/* Returns 0 or 1 as fs_find_nonzero does; base: the disk's offset of buf. */
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

/* A second descriptor that goes past the page cache, or -1. */
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
			/* Not for this device, or not with its block size. */
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

/* An image file: only the data between its holes (lseek(2), SEEK_DATA). */
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
	/* Aligned to a page, as O_DIRECT wants it. */
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
	static char zero[PIECE]; /* not const: then the program need not hold it */
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
