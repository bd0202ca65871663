/* SPDX-License-Identifier: MIT */
/*
 * image_make.c - a disk image of the guest: made, grown, moved aside, covered by a layer
 *
 * Theory of operation: a new image is written and locked while it has no name, or a temporary one
 * (new_file.h). QEMU starts with it, paused; once QEMU has accepted all its arguments the file
 * gets its name. So no incomplete image is ever visible, and nothing is replaced. If a run fails or
 * is killed, no file remains. One exception: on a file system without O_TMPFILE, SIGKILL leaves the
 * temporary file, and the next run that makes this image removes it. A layer never gets
 * a name: it is gone when the last process closes it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "host/disk/image.h"
#include "host/disk/qemu_img.h"
#include "host/lib/exit.h"
#include "host/lib/lock.h"
#include "host/lib/new_file.h"
#include "init/lib/log.h"
#include "init/lib/str.h"

#define NEW_MODE 0600
#define TMP_PREFIX \
	".storeboot-new-" /* reserved prefix: new_file_open removes old files that have it */

static int refuse(struct err *e, int num, const char *what, const char *path)
{
	return err_exit(e, EXIT_IMAGE, num, "cannot %s %s: %s", what, path, strerror(abs(num)));
}

/* qemu-img opens the file by its name in /proc/PID/fd. */
static int fill(const char *program, const char *format, int fd, uint64_t size, struct err *e)
{
	const struct qemu_img tool = { .program = program, .format = format };
	char file[QEMU_IMG_FILE];

	qemu_img_file(fd, file);
	return qemu_img_create(&tool, file, size, e);
}

/* Fills and locks the new image. */
static int make_in(const struct image_request *q, const struct image *i, int fd, struct err *e)
{
	struct err inner = { 0 };
	int r = fill(q->qemu_img, q->format, fd, i->new_size, &inner);

	if (r < 0)
		return err_exit(e, EXIT_IMAGE, inner.num,
				"cannot make the disk image %s: %.400s; nothing made", i->path,
				inner.text);
	r = lock_file(fd, false);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r < 0 ? refuse(e, r, "make the disk image", i->path) : 0;
}

static int make(const struct image_request *q, struct image *i, struct err *e)
{
	_cleanup_(new_file_close) struct new_file f = NEW_FILE_INIT;
	char prefix[NAME_MAX + sizeof(TMP_PREFIX) + 1];
	int r = str_format(prefix, sizeof(prefix), TMP_PREFIX "%s-", i->place.name) ?:
			new_file_open(i->place.dir, ".", prefix, NEW_MODE, &f);

	if (r < 0)
		return refuse(e, r, "make the disk image", i->path);
	r = make_in(q, i, f.fd, e);
	if (r < 0)
		return r;
	i->fd = take_fd(&f.fd);
	i->file = f;
	i->unnamed = true;
	f = (struct new_file)NEW_FILE_INIT;
	return 0;
}

/* Gives the new image its name. */
static int name_it(struct image *i, struct err *e)
{
	int r;

	i->file.fd = i->fd;
	r = new_file_name(&i->file, i->place.name);
	i->file.fd = -1;
	if (r == -EEXIST)
		return image_in_use(i->path, e);
	if (r < 0)
		return refuse(e, r, "make the disk image", i->path);
	new_file_close(&i->file);
	i->unnamed = false;
	i->made = true;
	return 0;
}

/* Renames the old image in its folder. Replaces nothing. */
static int move_aside(struct image *i, struct err *e)
{
	time_t now = time(NULL);
	char when[32], aside[sizeof(i->aside)];
	struct tm tm;
	int r;

	strftime(when, sizeof(when), "%Y%m%d-%H%M%S", localtime_r(&now, &tm));
	if (str_format(aside, sizeof(aside), "%s.old-%s", i->place.name, when) < 0)
		return refuse(e, ENAMETOOLONG, "move aside", i->path);
	r = new_file_rename(i->place.dir, i->place.name, aside);
	if (r < 0)
		return refuse(e, r, "move aside", i->path);
	memcpy(i->aside, aside, sizeof(aside));
	return 0;
}

static void take_name_back(struct image *i)
{
	if (i->made && place_has(&i->place, i->fd) && unlinkat(i->place.dir, i->place.name, 0) < 0)
		log_warning("%s was made, and cannot be removed: %s", i->path, strerror(errno));
	i->made = false;
}

static void move_back(struct image *i)
{
	int r = i->aside[0] ? new_file_rename(i->place.dir, i->aside, i->place.name) : 0;

	if (r < 0)
		log_warning("%s is now %s, and cannot be moved back: %s", i->path, i->aside,
			    strerror(-r));
	i->aside[0] = '\0';
}

/* QEMU opens the layer as /proc/self/fd/N, which fails if the file system (CIFS, 9p) cannot find a
 * file that has lost its name. */
static int can_be_opened(int fd)
{
	_cleanup_close_ int again = -1;
	char file[64];

	snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	again = open(file, O_RDWR | O_CLOEXEC);
	return again < 0 ? -errno : 0;
}

/* Makes the layer where QEMU has its own snapshots: in $TMPDIR or /var/tmp, which unlike /tmp is
 * rarely in memory. If the layer fills its file system, the guest gets an I/O error, and nothing
 * else is lost. */
static int make_layer(const struct image_request *q, struct image *i, struct err *e)
{
	_cleanup_(new_file_close) struct new_file f = NEW_FILE_INIT;
	const char *folder = getenv("TMPDIR");
	struct err inner = { 0 };
	int r;

	if (!folder || folder[0] != '/')
		folder = "/var/tmp";
	r = new_file_open(AT_FDCWD, folder, TMP_PREFIX "layer-", 0600, &f);
	if (r < 0)
		return refuse(e, r, "make the throw-away layer in", folder);
	r = fill(q->qemu_img, "qcow2", f.fd, i->new_size, &inner);
	if (r < 0)
		return err_exit(e, EXIT_IMAGE, inner.num,
				"cannot make the throw-away layer in %s: %.400s", folder,
				inner.text);
	new_file_forget(&f);
	r = can_be_opened(f.fd);
	if (r < 0)
		return err_exit(
			e, EXIT_IMAGE, r,
			"cannot make the throw-away layer in %s: its file system loses an open file "
			"with its name; set TMPDIR to a folder elsewhere",
			folder);
	i->layer_fd = take_fd(&f.fd);
	return 0;
}

static int resize(const struct image_request *q, const struct image *i, uint64_t size,
		  struct err *e)
{
	const struct qemu_img tool = { q->qemu_img, q->format, i->path };
	char file[QEMU_IMG_FILE];

	qemu_img_file(i->fd, file);
	return qemu_img_resize(&tool, file, size, e);
}

/* By qemu-img: QEMU's IDE disks keep the size that they had at its start (hw/ide/core.c,
 * ide_resize_cb). */
static int grow(const struct image_request *q, struct image *i, struct err *e)
{
	int r = resize(q, i, i->new_size, e);

	i->grown = r == 0;
	if (r == 0 && fsync(i->fd) < 0)
		r = refuse(e, errno, "make larger", i->path);
	return r;
}

void image_undo(const struct image_request *q, struct image *i)
{
	struct err e = { 0 };

	if (i->settled)
		return;
	take_name_back(i);
	move_back(i);
	if (i->grown && resize(q, i, i->size, &e) < 0)
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
	int r = i->old_fd >= 0 ? move_aside(i, e) : 0;

	return r == 0 && i->unnamed ? name_it(i, e) : r;
}

void image_settle(struct image *i)
{
	i->settled = true;
	if (!i->aside[0])
		return;
	log_info("%s is now %.*s%s", i->path, (int)(strrchr(i->path, '/') + 1 - i->path), i->path,
		 i->aside);
	close(take_fd(&i->old_fd));
}

static void close_fd(int *fd)
{
	cleanup_close(fd);
	*fd = -1;
}

void image_close(struct image *i)
{
	if (i->unnamed)
		new_file_close(&i->file);
	i->unnamed = i->made = i->settled = false;
	i->aside[0] = '\0';
	place_close(&i->place);
	close_fd(&i->fd);
	close_fd(&i->layer_fd);
	close_fd(&i->old_fd);
}
