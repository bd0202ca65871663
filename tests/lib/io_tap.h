/* SPDX-License-Identifier: MIT */
/*
 * io_tap.h - unit tests: this program's own pwrite, write, pread, read and fsync stand before
 * libc's, also for the libraries; they log what reaches one file, or fail
 */
#ifndef STOREBOOT_TESTS_IO_TAP_H
#define STOREBOOT_TESTS_IO_TAP_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct op {
	uint64_t at;
	size_t len; /* 0: a flush */
	uint8_t *data;
};

static struct {
	bool on;
	ino_t ino; /* of the file */
	struct op *op;
	size_t n, room;
	/* The write or flush with this number fails, and so do those after it where sticky. A write
	 * that fails is tried again by libext2fs, with write(2): that fails too. */
	size_t count, fail_at;
	bool sticky;
	bool torn; /* a write that fails has reached the disk all the same: it is in the log */
	size_t n_at_failure; /* how long the log was at the first failure */
	bool failed_flush;   /* and whether it was a flush that failed */
	uint64_t failed_write;
	uint64_t bad_byte; /* reads of it fail; UINT64_MAX: none */
} tap = { .bad_byte = UINT64_MAX, .fail_at = SIZE_MAX };

static bool tapped(int fd)
{
	struct stat st;

	return tap.on && fstat(fd, &st) == 0 && st.st_ino == tap.ino;
}

static bool fails(bool flush)
{
	size_t i = tap.count++;

	if (i == tap.fail_at) {
		tap.n_at_failure = tap.n;
		tap.failed_flush = flush;
	}
	return i == tap.fail_at || (tap.sticky && i > tap.fail_at);
}

static void note(uint64_t at, const void *data, size_t len)
{
	struct op *op;

	if (tap.n == tap.room) {
		tap.room = tap.room ? 2 * tap.room : 256;
		tap.op = realloc(tap.op, tap.room * sizeof(*tap.op));
		if (!tap.op)
			abort();
	}
	op = &tap.op[tap.n++];
	*op = (struct op){ .at = at, .len = len, .data = len ? malloc(len) : NULL };
	if (len)
		memcpy(op->data, data, len);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (tapped(fd)) {
		if (fails(false)) {
			tap.failed_write = (uint64_t)at;
			if (tap.torn)
				note((uint64_t)at, data, len);
			errno = EIO;
			return -1;
		}
		note((uint64_t)at, data, len);
	}
	return syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t write(int fd, const void *data, size_t len)
{
	uint64_t at = (uint64_t)lseek(fd, 0, SEEK_CUR);

	if (tapped(fd)) {
		if (at == tap.failed_write || fails(false)) {
			tap.failed_write = UINT64_MAX;
			errno = EIO;
			return -1;
		}
		note(at, data, len);
	}
	return syscall(SYS_write, fd, data, len);
}

int fsync(int fd)
{
	/* Before the first write there is nothing to lose. */
	if (tapped(fd) && tap.n > 0) {
		if (fails(true)) {
			errno = EIO;
			return -1;
		}
		note(0, NULL, 0);
	}
	/* The page cache is enough: what a cut leaves is made from the log. */
	return 0;
}

static bool bad(int fd, uint64_t at, size_t len)
{
	return tapped(fd) && tap.bad_byte >= at && tap.bad_byte < at + len;
}

ssize_t pread(int fd, void *data, size_t len, off_t at)
{
	if (bad(fd, (uint64_t)at, len)) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pread64, fd, data, len, at);
}

ssize_t read(int fd, void *data, size_t len)
{
	if (bad(fd, (uint64_t)lseek(fd, 0, SEEK_CUR), len)) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_read, fd, data, len);
}

/* The file must be there. */
static void tap_start(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		abort();
	for (size_t i = 0; i < tap.n; i++)
		free(tap.op[i].data);
	tap.n = tap.count = 0;
	tap.failed_write = UINT64_MAX;
	tap.ino = st.st_ino;
	tap.on = true;
}

/* Ends it; the caller frees the log. */
static struct op *tap_take(size_t *ret_n)
{
	struct op *op = tap.op;

	*ret_n = tap.n;
	tap.on = false;
	tap.op = NULL;
	tap.n = tap.room = 0;
	return op;
}

static void free_log(struct op *op, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(op[i].data);
	free(op);
}

#endif
