/* SPDX-License-Identifier: MIT */
/* output.c - writing a command's result to a file, a device or stdout */
#include "host/lib/output.h"

#include <errno.h>
#include <fcntl.h>
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
#define TMP_PREFIX ".storeboot-out-"

static int write_all(int fd, const struct buf *b)
{
	size_t done = 0;

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
	if (err == ELOOP)
		return PLACE_BY_LINK "file itself";
	return err == ENXIO && stat(path, &st) == 0 && S_ISFIFO(st.st_mode) ?
		       "nobody reads from this FIFO; start its reader first" :
		       strerror(err);
}

static int cannot(const struct output *o, int r, struct err *e)
{
	return err_exit(e, EXIT_BAD_INPUT, r, "cannot write %s to %s: %s", o->what,
			o->path ? o->path : "stdout", output_why(o->path ? o->path : "", -r));
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

/* May the file of this name be replaced? Returns 1 if there is none, 0 if so, or -errno. */
static int check_old(const struct place *p, output_is_own *own)
{
	_cleanup_close_ int fd = place_open(p, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
	struct stat st;

	if (fd == -ENOENT)
		return 1;
	if (fd < 0 || fstat(fd, &st) < 0)
		return fd < 0 ? fd : -errno;
	return S_ISREG(st.st_mode) ? check_own(fd, own) : -EEXIST;
}

/* A name that appears meanwhile is kept (-EEXIST). */
static int replace(const struct output *o, const struct buf *b)
{
	_cleanup_(new_file_close) struct new_file f = NEW_FILE_INIT;
	char prefix[sizeof(TMP_PREFIX) + sizeof(o->place.name)];
	int r = check_old(&o->place, o->own);
	const bool is_new = r > 0;

	if (r < 0)
		return r;
	snprintf(prefix, sizeof(prefix), TMP_PREFIX "%s-", o->place.name);
	r = new_file_open(o->place.dir, ".", prefix, 0600, &f);
	if (r == 0)
		r = fill(f.fd, b);
	if (r < 0)
		return r;
	return is_new ? new_file_name(&f, o->place.name) :
			new_file_replace(&f, prefix, o->place.name);
}

/* Another file may have taken the device's name since output_open. */
static int write_device(const struct output *o, const struct buf *b)
{
	_cleanup_close_ int fd =
		place_open(&o->place, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);
	struct stat st;
	int r = fd < 0 ? fd : fstat(fd, &st) < 0 ? -errno : 0;

	if (r < 0 || !S_ISREG(st.st_mode))
		return r < 0 ? r : write_all(fd, b);
	r = o->place.magic ? check_own(fd, o->own) : -EEXIST;
	if (r == 0 && ftruncate(fd, 0) < 0)
		r = -errno;
	return r < 0 ? r : write_all(fd, b);
}

static int look(struct output *o)
{
	struct stat st;
	int r = place_find(o->path, false, NULL, NULL, &o->place);

	if (r < 0)
		return r;
	if (fstatat(o->place.dir, o->place.name, &st, o->place.magic ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
		st.st_mode = 0;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	o->is_device = o->place.magic || (st.st_mode && !S_ISREG(st.st_mode));
	if (o->is_device)
		return faccessat(o->place.dir, o->place.name, W_OK, 0) < 0 ? -errno : 0;
	if (faccessat(o->place.dir, ".", W_OK | X_OK, 0) < 0)
		return -errno;
	r = check_old(&o->place, o->own);
	return r < 0 ? r : 0;
}

int output_open(const char *path, const char *what, output_is_own *own, struct output *ret,
		struct err *e)
{
	int r;

	*ret = (struct output){ .place = PLACE_INIT, .what = what, .own = own };
	if (!path || str_eq(path, "-"))
		return 0;
	ret->path = path;
	r = look(ret);
	return r < 0 ? cannot(ret, r, e) : 0;
}

static int finish(const struct output *o, const struct buf *b)
{
	int r;

	if (!o->path)
		return escapes_write(STDOUT_FILENO, b->data, b->len);
	if (o->is_device)
		return write_device(o, b);
	r = replace(o, b);
	return r == -EEXIST ? replace(o, b) : r; /* another command may have just written it */
}

int output_finish(const struct output *o, const struct buf *b, struct err *e)
{
	int r = finish(o, b);

	return r < 0 ? cannot(o, r, e) : 0;
}

void output_close(struct output *o)
{
	place_close(&o->place);
}
