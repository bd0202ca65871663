/* SPDX-License-Identifier: MIT */
/* output.c - writing a command's result to a file, a device or stdout */
#include "host/lib/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/lib/escapes.h"
#include "host/lib/exit.h"
#include "host/lib/lock.h"
#include "host/lib/new_file.h"
#include "host/lib/signals.h"
#include "init/lib/file.h"

#define MODE 0644   /* less the umask */
#define WAIT_MS 200 /* between checks for a signal */

static int write_device(const char *path, const struct buf *b)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	size_t done = 0;

	if (fd < 0)
		return -errno;
	while (done < b->len) {
		struct pollfd room = { fd, POLLOUT, 0 };
		ssize_t n = write(fd, b->data + done, b->len - done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0)
			return -EIO;
		else if (errno != EAGAIN && errno != EINTR)
			return -errno;
		else if (poll(&room, 1, WAIT_MS) <= 0 && signals_waiting())
			return -EINTR;
	}
	return 0;
}

bool output_begins(int fd, const char *text)
{
	char begin[64];
	const size_t n = strlen(text);

	return n <= sizeof(begin) && file_pread_all(fd, begin, n, 0) == 0 &&
	       memcmp(begin, text, n) == 0;
}

/* fd may be write-only. */
static int check_own(int fd, output_is_own *own)
{
	_cleanup_close_ int in = -1;
	struct stat st;
	char path[64];

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size == 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	in = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (in < 0)
		return -errno;
	return own(in) ? 0 : -EEXIST;
}

int output_take_over(int fd, output_is_own *own)
{
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	/* Without locks, two runs may share a log. The size counts only after the lock. */
	if (lock_file(fd, false) == -EBUSY)
		return -EBUSY;
	r = check_own(fd, own);
	return r == 0 && ftruncate(fd, 0) < 0 ? -errno : r;
}

const char *output_why(const char *path, int err)
{
	struct stat st;

	if (err == EBUSY)
		return "another run has it";
	if (err == EEXIST)
		return "it holds something else, and is left as it was; remove it, or name another file";
	return err == ENXIO && stat(path, &st) == 0 && S_ISFIFO(st.st_mode) ?
		       "nobody reads from this FIFO; start its reader first" :
		       strerror(err);
}

/* Sets the mode that a user expects, if possible: on FAT, or on a network file system that gives
 * all files to one user, not even a file's creator may set it. */
static void set_mode(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	if (fchmod(fd, MODE & ~mask) < 0)
		errno = 0;
}

static int fill(int fd, const struct buf *b)
{
	int r = file_write_all(fd, b->data, b->len);

	set_mode(fd);
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

/* Writes through a temporary file of a unique name: a fixed name could be a file of the user.
 * is_new: path does not exist; if it appears meanwhile, it is kept (-EEXIST). */
static int replace(const char *path, const struct buf *b, bool is_new)
{
	_cleanup_close_ int fd = -1;
	char tmp[PATH_MAX];
	int r;

	if (str_format(tmp, sizeof(tmp), "%s.XXXXXX", path) < 0)
		return -ENAMETOOLONG;
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fill(fd, b);
	if (r == 0 && is_new)
		r = new_file_rename(AT_FDCWD, tmp, path);
	else if (r == 0 && rename(tmp, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(tmp);
	return r;
}

static bool is_stdout(const char *path)
{
	return !path || str_eq(path, "-");
}

static int cannot(const char *path, int r, const char *what, struct err *e)
{
	return err_exit(e, EXIT_BAD_INPUT, r, "cannot write %s to %s: %s", what,
			is_stdout(path) ? "stdout" : path,
			output_why(is_stdout(path) ? "" : path, -r));
}

/* May this regular file be replaced? */
static int check_old(const char *path, output_is_own *own)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : check_own(fd, own);
}

int output_check(const char *path, const char *what, output_is_own *own, struct err *e)
{
	char folder[PATH_MAX];
	struct stat st;
	int r = 0;

	if (is_stdout(path))
		return 0;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		r = S_ISDIR(st.st_mode) ? -EISDIR : access(path, W_OK) < 0 ? -errno : 0;
	else if (!realpath(path, folder) && str_format(folder, sizeof(folder), "%s", path) < 0)
		r = -ENAMETOOLONG;
	else if (access(dirname(folder), W_OK | X_OK) < 0)
		r = -errno;
	if (r == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode))
		r = check_old(path, own);
	return r < 0 ? cannot(path, r, what, e) : 0;
}

static int replace_own(const char *path, const struct buf *b, output_is_own *own)
{
	char real[PATH_MAX];
	int r = check_old(path, own);

	if (r < 0)
		return r;
	return realpath(path, real) ? replace(real, b, false) : -errno;
}

static int write_path(const char *path, const struct buf *b, output_is_own *own)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return S_ISREG(st.st_mode) ? replace_own(path, b, own) : write_device(path, b);
	/* A link that leads nowhere is not replaced. */
	return lstat(path, &st) == 0 ? -ENOENT : replace(path, b, true);
}

int output_write(const char *path, const struct buf *b, const char *what, output_is_own *own,
		 struct err *e)
{
	int r = is_stdout(path) ? escapes_write(STDOUT_FILENO, b->data, b->len) :
				  write_path(path, b, own);

	if (r == -EEXIST) /* another command may have just written it */
		r = write_path(path, b, own);
	return r < 0 ? cannot(path, r, what, e) : 0;
}
