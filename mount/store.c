/* SPDX-License-Identifier: MIT */
/*
 * store.c - the shares 9p, virtiofs and image; the store in a share; an image over a share
 *
 * All but a writable shared folder are read-only, both as file systems and as mounts. A store path
 * never changes under its name, so the guest may cache everything of it.
 *
 * An overlay looks for each entry of a folder in every layer that has the folder; in the share this
 * costs more than the image saves. A whiteout ends the search (overlayfs.rst, "whiteouts and opaque
 * directories"): a layer between image and share has one for each folder of the image, so that each
 * folder below the store itself comes from one layer.
 */
#include "mount/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <linux/mount.h> /* after sys/mount.h, which in glibc defines the same names */

#include "init/lib/file.h"
#include "init/lib/str.h"
#include "mount/fs.h"

static int mount_on(const char *type, const struct mount_request *q,
		    const struct mount_option *options, size_t n_options, struct err *e)
{
	_cleanup_close_ int fd = -1;
	int r = file_mkdirs(AT_FDCWD, q->path, 0755);

	if (r < 0)
		return err_sys(e, r, "cannot make the mount point %s", q->path);
	fd = mount_fs_detached(type, q->source, options, n_options, q->what != MOUNT_FOLDER,
			       mount_fs_attrs(q->what), e);
	return fd < 0 ? fd : mount_fs_attach(fd, q->path, e);
}

/* Sets the message for a missing device. absent: the errno with which the file system reports
 * it. */
static int explain(int r, int absent, const char *device, const char *tag, struct err *e)
{
	if (r != -absent)
		return r;
	return err_set(e, absent,
		       "the machine has no %s device with the mount tag %s "
		       "(storeboot.share.source=); was QEMU told of it?",
		       device, tag);
}

/* 9p2000.L carries links, modes and any byte in a name. msize is somewhat more than a virtio queue
 * carries; the kernel then takes that maximum. */
int mount_9p(const struct mount_request *q, struct err *e)
{
	const struct mount_option options[] = {
		{ "trans", "virtio" },
		{ "version", "9p2000.L" },
		{ "msize", "524288" },
		{ "cache", q->what == MOUNT_STORE ? "loose" : "none" },
	};
	int r = mount_on("9p", q, options, ARRAY_SIZE(options), e);

	return explain(r, ENOENT, "virtio-9p", q->source, e);
}

int mount_virtiofs(const struct mount_request *q, struct err *e)
{
	return explain(mount_on("virtiofs", q, NULL, 0, e), EINVAL, "vhost-user-fs", q->source, e);
}

int mount_store_image(const char *device, const char *path, struct err *e)
{
	const struct mount_request q = { .source = device, .path = path, .what = MOUNT_STORE };

	return mount_on("erofs", &q, NULL, 0, e);
}

int mount_store_bind(const char *share, const char *folder, const char *path, struct err *e)
{
	char from[PATH_MAX];
	struct stat st;
	int r = str_format(from, sizeof(from), "%s/%s", share, folder);

	if (r < 0)
		return err_sys(e, r, "cannot bind the store below %s", share);
	/* lstat: a link could lead out of the share, into the guest. */
	if (lstat(from, &st) < 0)
		return err_sys(e, errno, "the share holds no store: %s", from);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ENOTDIR, "the share holds no store: %s is not a folder", from);
	r = file_mkdirs(AT_FDCWD, path, 0755);
	if (r < 0)
		return err_sys(e, r, "cannot make the mount point %s", path);
	return mount_fs_bind_ro(from, path, e);
}

int mount_store_overlay(const char *image, const char *share, const char *path, struct err *e)
{
	char layers[3 * PATH_MAX];
	const struct mount_option options[] = { { "lowerdir", layers } };
	const struct mount_request q = { .source = "store", .path = path, .what = MOUNT_STORE };
	int r = str_format(layers, sizeof(layers),
			   "%s/" STORE_IMAGE_STORE ":%s/" STORE_IMAGE_MASK ":%s", image, image,
			   share);

	if (r < 0)
		return err_sys(e, r, "cannot put the image over the share");
	return mount_on("overlay", &q, options, ARRAY_SIZE(options), e);
}
