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

#include "host/disk/qemu_img.h"
#include "host/lib/exit.h"
#include "host/lib/lock.h"
#include "host/lib/proc.h"
#include "init/lib/str.h"

#define UNCHANGED "; image unchanged"
#define MIB ((uint64_t)1 << 20)

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

/* Reports a path with a link, and the path that does without. */
static int by_link(const char *path, struct err *e)
{
	char real[PATH_MAX];

	if (!realpath(path, real))
		return err_exit(e, EXIT_IMAGE, ENOENT, "%s is a link to nothing; remove it", path);
	return err_exit(e, EXIT_IMAGE, ELOOP, "%s: " PLACE_BY_LINK "file itself, %s", path, real);
}

/* Finds the folder of the image, and its path for messages. */
static int find_place(const char *path, struct image *i, struct err *e)
{
	char real[PATH_MAX];
	int r = place_find(path, false, NULL, NULL, &i->place);

	/* A descriptor's file, such as /dev/fd/3, is taken by its name. */
	if (r == 0 && i->place.magic) {
		place_close(&i->place);
		r = realpath(path, real) ? place_find(real, false, NULL, NULL, &i->place) : -errno;
	}
	if (r == -ELOOP)
		return by_link(path, e);
	if (r < 0)
		return refuse(e, -r, path,
			      r == -ENOENT ? "its folder" : "cannot be the disk image");
	r = place_path(i->place.dir, real);
	if (r < 0)
		return refuse(e, -r, path, "its folder");
	if (str_format(i->path, sizeof(i->path), "%s%s%s", str_eq(real, "/") ? "" : real,
		       str_eq(i->place.name, ".") ? "" : "/",
		       str_eq(i->place.name, ".") ? "" : i->place.name) < 0)
		return refuse(e, ENAMETOOLONG, path, "cannot be the disk image");
	return 0;
}

static int check_new(const char *path, const struct image *i, struct err *e)
{
	if (path[strlen(path) - 1] == '/')
		return err_exit(e, EXIT_IMAGE, EINVAL, "%s names no file", path);
	if (faccessat(i->place.dir, ".", W_OK, 0) < 0)
		return refuse(e, errno, path, "cannot make the disk image; its folder");
	return 0;
}

/* Locks the file and checks that the path still names it. */
static int take_lock(const struct image *i, int fd, bool shared, struct err *e)
{
	const char *path = i->path;
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
	if (!place_has(&i->place, fd))
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

static int look(const struct image_request *q, struct image *i, int fd, struct err *e)
{
	const struct qemu_img tool = { q->qemu_img, q->format, i->path };
	char file[QEMU_IMG_FILE];
	int r;

	qemu_img_file(fd, file);
	r = qemu_img_look(&tool, file, &i->size, e);
	if (r == 0 && q->ask_zero)
		r = qemu_img_is_zero(&tool, file, &i->zero, e);
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

static int check_existing(const struct image_request *q, const struct stat *st, struct err *e)
{
	if (!S_ISREG(st->st_mode))
		return err_exit(e, EXIT_IMAGE, EINVAL, "%s is no file; the disk image must be one",
				q->path);
	if (st->st_size == 0 && !q->fresh)
		return err_exit(e, EXIT_IMAGE, EINVAL,
				"%s is empty, no %s image; remove it and it is made anew" UNCHANGED,
				q->path, q->format);
	return 0;
}

/* The open file is the one that is checked, locked, and passed to QEMU. */
static int open_existing(const struct image_request *q, const struct stat *st, struct image *i,
			 struct err *e)
{
	const bool shared = q->read_only || q->ephemeral;
	_cleanup_close_ int fd = -1;
	struct stat opened;
	int r = check_existing(q, st, e);

	if (r < 0)
		return r;
	fd = place_open(&i->place, (shared ? O_RDONLY : O_RDWR) | O_NONBLOCK | O_CLOEXEC, 0);
	if (fd < 0 || fstat(fd, &opened) < 0)
		return refuse(e, fd < 0 ? -fd : errno, q->path,
			      shared ? "cannot be read" : "the disk image must be writable");
	r = check_existing(q, &opened, e);
	if (r == 0)
		r = take_lock(i, fd, shared, e);
	if (r == 0 && !q->fresh)
		r = look(q, i, fd, e);
	if (r == 0)
		i->fd = take_fd(&fd);
	return r;
}

int image_open(const struct image_request *q, struct image *ret, struct err *e)
{
	struct stat st;
	int r = find_place(q->path, ret, e);

	if (r == -ENOENT && q->ephemeral && !q->must_exist && lstat(q->path, &st) < 0) {
		/* No file will be made there. */
		r = str_format(ret->path, sizeof(ret->path), "%s", q->path);
	} else if (r == 0) {
		if (fstatat(ret->place.dir, ret->place.name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			r = open_existing(q, &st, ret, e);
		else if (errno != ENOENT)
			r = refuse(e, errno, q->path, "cannot be the disk image");
		else if (q->must_exist)
			r = err_exit(e, EXIT_IMAGE, ENOENT, "%s: no such disk image", q->path);
		else
			r = q->ephemeral ? 0 : check_new(q->path, ret, e);
	}
	if (r == 0 && (ret->fd < 0 || q->fresh)) {
		ret->new_size = q->new_size;
		ret->zero = true;
	}
	return r;
}
