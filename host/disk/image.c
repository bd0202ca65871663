/* SPDX-License-Identifier: MIT */
/*
 * image.c - a disk image of the guest: found, locked and checked
 *
 * The lock is on the image itself (lock.h). It needs no other file, ends with the process, and
 * does not conflict with the locks that QEMU takes on the same file.
 */
#include "host/disk/image.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "host/lib/host_fs.h"
#include "host/disk/qemu_img.h"
#include "host/lib/exit.h"
#include "host/lib/lock.h"
#include "host/lib/proc.h"
#include "init/lib/str.h"

#define UNCHANGED "; image unchanged"
#define MIB ((uint64_t)1 << 20)

/* Returns the file system's device number as in /proc/locks. On btrfs stat(2) has another one. */
static dev_t device_of(const char *path, const struct stat *st)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct host_fs fs;

	return fd >= 0 && host_fs_of(fd, &fs) == 0 ? fs.dev : st->st_dev;
}

/* Searches /proc/locks (proc(5)) once for a flock on that file. Returns the pid, or 0. */
static int find_flock(dev_t dev, const struct stat *st)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/locks", "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		unsigned int major_no, minor_no;
		unsigned long long inode;
		int pid;

		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%llu", &pid, &major_no, &minor_no,
			   &inode) == 4 &&
		    inode == st->st_ino && makedev(major_no, minor_no) == dev)
			return pid;
	}
	return 0;
}

/*
 * Returns the pid of the process that holds a flock on the file, or 0 if it cannot be seen, for
 * example from another PID namespace. The kernel writes the list page by page and finds its place
 * again by counting (fs/seq_file.c), so a lock that goes away meanwhile can hide another one: 3
 * times in 1,900 when twenty launchers ran for one image. Hence the retries.
 */
static int lock_holder(const char *path, const struct stat *st)
{
	const dev_t dev = device_of(path, st);
	int pid = 0;

	for (int looks = 0; pid == 0 && looks < 5; looks++)
		pid = find_flock(dev, st);
	return pid;
}

static int in_use(const char *path, const struct stat *st, struct err *e)
{
	_cleanup_buf_ struct buf command = { 0 };
	int pid = lock_holder(path, st);

	if (pid <= 0)
		return err_exit(e, EXIT_IN_USE, EBUSY, "%s is in use by another process", path);
	/* If a child inherited the lock, the process that took it may be gone. */
	if (proc_command(pid, &command) < 0)
		return err_exit(e, EXIT_IN_USE, EBUSY,
				"%s is in use by a process that pid %d started", path, pid);
	return err_exit(e, EXIT_IN_USE, EBUSY, "%s is in use by pid %d (%.200s)", path, pid,
			command.data);
}

static int refuse(struct err *e, int num, const char *path, const char *what)
{
	return err_exit(e, EXIT_IMAGE, num, "%s: %s: %s", path, what, strerror(num));
}

/* Resolves the path of an image that does not exist: its folder with links resolved. */
static int resolve_new(const char *path, struct image *ret, struct err *e)
{
	char folder[PATH_MAX], real[PATH_MAX];
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	int n = slash ? (int)(slash - path) : 1;

	if (!*base || str_eq(base, ".") || str_eq(base, ".."))
		return err_exit(e, EXIT_IMAGE, EINVAL, "%s names no file", path);
	if (str_format(folder, sizeof(folder), "%.*s", n ? n : 1, slash ? path : ".") < 0)
		return refuse(e, ENAMETOOLONG, path, "cannot be the disk image");
	if (!realpath(folder, real))
		return refuse(e, errno, path, "its folder");
	if (access(real, W_OK) < 0)
		return refuse(e, errno, path, "cannot make the disk image; its folder");
	if (str_format(ret->path, sizeof(ret->path), "%s/%s", str_eq(real, "/") ? "" : real, base) <
	    0)
		return refuse(e, ENAMETOOLONG, path, "cannot be the disk image");
	return 0;
}

/* Locks the file and checks that the path still names it. */
static int take_lock(const char *path, int fd, bool shared, struct err *e)
{
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "%s", path);
	r = lock_file(fd, shared);
	if (r == -EBUSY)
		return in_use(path, &st, e);
	if (r < 0)
		return err_exit(
			e, EXIT_IMAGE, r,
			"%s cannot be locked on its file system: %s; QEMU needs locks, too, so put it "
			"elsewhere" UNCHANGED,
			path, strerror(-r));
	if (!lock_is_at(fd, path))
		return err_exit(e, EXIT_IN_USE, EBUSY,
				"%s was moved or replaced by another process just now", path);
	return 0;
}

int image_in_use(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_exit(e, EXIT_IN_USE, EBUSY, "%s was made by another process just now",
				path);
	return in_use(path, &st, e);
}

static int look(const struct image_request *q, struct image *i, struct err *e)
{
	const struct qemu_img tool = { q->qemu_img, q->format };
	int r = qemu_img_look(&tool, i->path, &i->size, e);

	if (r == 0 && q->ask_zero)
		r = qemu_img_is_zero(&tool, i->path, &i->zero, e);
	if (r < 0)
		return r;
	i->new_size = q->size ? q->size : i->size;
	if (i->new_size < i->size)
		return err_exit(
			e, EXIT_IMAGE, EINVAL,
			"%s holds a disk of %llu MiB; it is not made smaller, as what lies at "
			"its end would be lost" UNCHANGED,
			i->path, (unsigned long long)(i->size / MIB));
	return 0;
}

static int find_existing(const struct image_request *q, struct image *i, struct err *e)
{
	const char *path = q->path;
	struct stat st;

	if (!realpath(path, i->path))
		return errno == ENOENT ?
			       err_exit(e, EXIT_IMAGE, ENOENT,
					"%s is a link to nothing; remove it, or make what it "
					"points to",
					path) :
			       refuse(e, errno, path, "cannot be the disk image");
	if (stat(i->path, &st) < 0)
		return refuse(e, errno, path, "cannot be the disk image");
	if (!S_ISREG(st.st_mode))
		return err_exit(e, EXIT_IMAGE, EINVAL, "%s is no file; the disk image must be one",
				path);
	if (st.st_size == 0 && !q->fresh)
		return err_exit(e, EXIT_IMAGE, EINVAL,
				"%s is empty, no %s image; remove it and it is made anew" UNCHANGED,
				path, q->format);
	return 0;
}

static int open_existing(const struct image_request *q, struct image *i, struct err *e)
{
	const bool shared = q->read_only || q->ephemeral;
	_cleanup_close_ int fd = -1;
	int r = find_existing(q, i, e);

	if (r < 0)
		return r;
	fd = open(i->path, (shared ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (fd < 0)
		return refuse(e, errno, q->path,
			      shared ? "cannot be read" : "the disk image must be writable");
	r = take_lock(i->path, fd, shared, e);
	if (r == 0 && !q->fresh)
		r = look(q, i, e);
	if (r == 0)
		i->fd = take_fd(&fd);
	return r;
}

int image_open(const struct image_request *q, struct image *ret, struct err *e)
{
	struct stat st;
	int r;

	if (lstat(q->path, &st) == 0)
		r = open_existing(q, ret, e);
	else if (errno != ENOENT)
		r = refuse(e, errno, q->path, "cannot be the disk image");
	else if (q->must_exist)
		r = err_exit(e, EXIT_IMAGE, ENOENT, "%s: no such disk image", q->path);
	else if (q->ephemeral) /* no file will be made there */
		r = str_format(ret->path, sizeof(ret->path), "%s", q->path);
	else
		r = resolve_new(q->path, ret, e);
	if (r == 0 && (ret->fd < 0 || q->fresh)) {
		ret->new_size = q->new_size;
		ret->zero = true;
	}
	return r;
}
