/* SPDX-License-Identifier: MIT */
/*
 * image_make.c - a disk of the guest: made, grown, moved aside, covered by a layer
 *
 * Theory of operation: a new image is written into a file that has no name yet (O_TMPFILE) and locked. QEMU
 * starts with it, paused; once it has taken all of its arguments the file is linked to its name, which
 * link(2) refuses where there is something already. So whatever ends this in between leaves nothing, and
 * no one sees half an image. Where the file system has no O_TMPFILE the same is done with a temporary name,
 * and a rename that replaces nothing. A layer never gets a name: it is gone with the last process that
 * has it open.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "host/disk/image.h"
#include "host/disk/qemu_img.h"
#include "host/exit.h"
#include "init/lib/log.h"
#include "init/lib/str.h"

/* linux/fs.h, which clashes with sys/mount.h on some hosts */
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

static int refuse(struct err *e, int num, const char *what, const char *path)
{
	err_sys(e, num, "cannot %s %s", what, path);
	e->exit_status = EXIT_IMAGE;
	return -e->num;
}

static int folder_of(const char *path, char *ret)
{
	char *slash;

	if (str_format(ret, PATH_MAX, "%s", path) < 0)
		return -ENAMETOOLONG;
	slash = strrchr(ret, '/');
	slash[slash == ret] = '\0';
	return 0;
}

static int temporary_name(const char *prefix, char *ret)
{
	return str_format(ret, PATH_MAX, "%s.new-%d", prefix, (int)getpid());
}

/* A file without a name in the folder, or with the temporary one in tmp, which starts with prefix. */
static int open_new(const char *folder, const char *prefix, char *tmp)
{
	int fd;

	tmp[0] = '\0';
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd >= 0 ? fd : -errno;
	if (temporary_name(prefix, tmp) < 0)
		return -ENAMETOOLONG;
	fd = open(tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		tmp[0] = '\0';
	return fd >= 0 ? fd : -errno;
}

/* qemu-img writes into the open file, by its name below /proc/PID/fd. */
static int fill(const char *program, const char *format, int fd, uint64_t size, struct err *e)
{
	const struct qemu_img tool = { program, format };
	char file[64];

	snprintf(file, sizeof(file), "/proc/%d/fd/%d", (int)getpid(), fd);
	return qemu_img_create(&tool, file, size, e);
}

/* FAT has no second names, NFS no such renames: one of the two works. tmp is emptied with the name. */
static int rename_new(char *tmp, const char *path)
{
	if (syscall(SYS_renameat2, AT_FDCWD, tmp, AT_FDCWD, path, RENAME_NOREPLACE) == 0) {
		tmp[0] = '\0';
		return 0;
	}
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	return link(tmp, path) < 0 ? -errno : 0;
}

/* The magic link is what open(2) tells for O_TMPFILE. */
static int link_nameless(int fd, const char *path)
{
	char file[64];

	snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, file, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

/* Gives the file its name where there is none. */
static int give_name(int fd, char *tmp, const char *path)
{
	char folder[PATH_MAX];
	_cleanup_close_ int dir = -1;
	int r = tmp[0] ? rename_new(tmp, path) : link_nameless(fd, path);

	if (r < 0)
		return r;
	if (folder_of(path, folder) == 0)
		dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && fsync(dir) < 0) /* the name survives a power cut as what follows does */
		log_trace("%s: %s", folder, strerror(errno));
	return 0;
}

/* Fills and locks it. */
static int make_in(const struct image_request *q, const struct image *i, int fd, struct err *e)
{
	struct err inner = { 0 };
	int r = fill(q->qemu_img, q->format, fd, i->new_size, &inner);

	if (r < 0)
		return err_exit(e, EXIT_IMAGE, inner.num,
				"cannot make the disk image %s: %.400s; nothing made", i->path,
				inner.text);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fsync(fd) < 0)
		return refuse(e, errno, "make the disk image", i->path);
	return 0;
}

static int make(const struct image_request *q, struct image *i, struct err *e)
{
	char tmp[PATH_MAX], folder[PATH_MAX];
	_cleanup_close_ int fd = -1;
	int r = folder_of(i->path, folder);

	if (r == 0)
		fd = r = open_new(folder, i->path, tmp);
	if (r < 0)
		return refuse(e, r, "make the disk image", i->path);
	r = make_in(q, i, fd, e);
	if (r < 0 && tmp[0])
		unlink(tmp);
	if (r < 0)
		return r;
	i->fd = take_fd(&fd);
	i->unnamed = true;
	i->temporary = tmp[0];
	return 0;
}

/* The new image gets its name. */
static int name_it(struct image *i, struct err *e)
{
	char tmp[PATH_MAX] = "";
	int r = i->temporary ? temporary_name(i->path, tmp) : 0;

	if (r == 0)
		r = give_name(i->fd, tmp, i->path);
	if (r == -EEXIST)
		return image_in_use(i->path, e);
	if (r < 0)
		return refuse(e, r, "make the disk image", i->path);
	if (tmp[0])
		unlink(tmp);
	i->unnamed = i->temporary = false;
	i->made = true;
	return 0;
}

/* Beside the old name, which is free from then on; never over something else. */
static int move_aside(struct image *i, struct err *e)
{
	time_t now = time(NULL);
	char when[32], aside[PATH_MAX];
	struct tm tm;

	strftime(when, sizeof(when), "%Y%m%d-%H%M%S", localtime_r(&now, &tm));
	if (str_format(aside, sizeof(aside), "%s.old-%s", i->path, when) < 0)
		return refuse(e, ENAMETOOLONG, "move aside", i->path);
	if (syscall(SYS_renameat2, AT_FDCWD, i->path, AT_FDCWD, aside, RENAME_NOREPLACE) < 0)
		return refuse(e, errno, "move aside", i->path);
	log_info("%s is now %s", i->path, aside);
	close(take_fd(&i->old_fd));
	return 0;
}

/*
 * Where QEMU's own snapshots go too: $TMPDIR or /var/tmp, which unlike /tmp is seldom memory. A layer
 * that fills its file system costs the guest an I/O error and nothing else.
 */
static int make_layer(const struct image_request *q, struct image *i, struct err *e)
{
	const char *folder = getenv("TMPDIR");
	char tmp[PATH_MAX], prefix[PATH_MAX];
	struct err inner = { 0 };
	int r;

	if (!folder || folder[0] != '/')
		folder = "/var/tmp";
	r = str_format(prefix, sizeof(prefix), "%s/storeboot-layer", folder);
	if (r == 0)
		i->layer_fd = r = open_new(folder, prefix, tmp);
	if (r < 0)
		return refuse(e, r, "make the throw-away layer in", folder);
	r = fill(q->qemu_img, "qcow2", i->layer_fd, i->new_size, &inner);
	if (tmp[0])
		unlink(tmp);
	return r < 0 ? err_exit(e, EXIT_IMAGE, inner.num,
				"cannot make the throw-away layer in %s: %.400s", folder, inner.text) :
		       0;
}

/* Not by QEMU: its IDE disks keep the size that they had when it started (hw/ide/core.c, ide_resize_cb). */
static int grow(const struct image_request *q, struct image *i, struct err *e)
{
	const struct qemu_img tool = { q->qemu_img, q->format };
	int r = qemu_img_resize(&tool, i->path, i->new_size, e);

	i->grown = r == 0;
	if (r == 0 && fsync(i->fd) < 0)
		r = refuse(e, errno, "make larger", i->path);
	return r;
}

void image_undo(const struct image_request *q, struct image *i)
{
	const struct qemu_img tool = { q->qemu_img, q->format };
	struct err e = { 0 };

	if (i->grown && qemu_img_resize(&tool, i->path, i->size, &e) < 0)
		log_warning("%s has its new size already: %s", i->path, e.text);
	i->grown = false;
}

int image_ready(const struct image_request *q, struct image *i, struct err *e)
{
	if (q->fresh && i->fd >= 0)
		i->old_fd = take_fd(&i->fd);
	if (q->ephemeral)
		return make_layer(q, i, e);
	if (i->fd < 0)
		return make(q, i, e);
	return i->new_size > i->size ? grow(q, i, e) : 0;
}

int image_commit(struct image *i, struct err *e)
{
	int r = 0;

	i->grown = false;
	if (i->old_fd >= 0)
		r = move_aside(i, e);
	return r == 0 && i->unnamed ? name_it(i, e) : r;
}

static void close_fd(int *fd)
{
	cleanup_close(fd);
	*fd = -1;
}

void image_close(struct image *i)
{
	char tmp[PATH_MAX];

	if (i->temporary && temporary_name(i->path, tmp) == 0)
		unlink(tmp);
	i->unnamed = i->temporary = i->made = false;
	close_fd(&i->fd);
	close_fd(&i->layer_fd);
	close_fd(&i->old_fd);
}
