/* SPDX-License-Identifier: MIT */
/*
 * input.c - reading a file named by the user, which may be a pipe: <(...)
 *
 * A run blocks its signals, so only SIGKILL could interrupt an open(2) or read(2) that waits.
 */
#include "host/lib/input.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "host/lib/signals.h"
#include "init/lib/file.h"

#define WAIT_MS 200 /* between checks for a signal */
#define STEP 65536  /* the default capacity of a pipe */

/* A FIFO without a writer reads as if it were empty. An unnamed pipe has had a writer. */
static bool is_named_fifo(int fd)
{
	struct statfs fs;
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && fstatfs(fd, &fs) == 0 &&
	       fs.f_type != PIPEFS_MAGIC;
}

/* Returns the number of bytes read, 0 at the end, or -errno. */
static ssize_t read_some(int fd, struct buf *ret)
{
	struct pollfd data = { fd, POLLIN, 0 };
	int r = buf_reserve(ret, STEP);

	while (r == 0) {
		ssize_t n = read(fd, ret->data + ret->len, STEP);

		if (n >= 0)
			return n;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (poll(&data, 1, WAIT_MS) <= 0 && signals_waiting())
			return -EINTR;
	}
	return r;
}

int input_read_fd(int fd, size_t max, struct buf *ret)
{
	size_t total = 0;

	for (;;) {
		ssize_t n = read_some(fd, ret);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return total == 0 && is_named_fifo(fd) ? -ENXIO : 0;
		ret->len += (size_t)n;
		ret->data[ret->len] = '\0';
		total += (size_t)n;
		if (total > max)
			return -EFBIG;
		/* A device may be endless and never block, so check for signals here, too. */
		if (signals_waiting())
			return -EINTR;
	}
}

int input_read(const char *path, size_t max, struct buf *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : input_read_fd(fd, max, ret);
}

const char *input_why(const char *path, int err)
{
	struct stat st;

	if (err == EMEDIUMTYPE)
		return "it is no regular file";
	if (err != ENXIO || stat(path, &st) < 0)
		return strerror(err);
	return S_ISFIFO(st.st_mode) ? "nobody writes to this FIFO; start its writer first" :
	       S_ISSOCK(st.st_mode) ? "it is a socket" :
				      strerror(err);
}
