/* SPDX-License-Identifier: MIT */
/*
 * etc.c - the overlay on /etc of a NixOS system (system.etc.overlay)
 *
 * Theory of operation: the metadata is an erofs with the names, modes and owners of all files. A
 * file in it has no contents, but the path of its contents in the layer below (overlayfs.rst,
 * "metadata only copy up" and "data-only lower layers"). Linux 6.5 can keep that layer from being
 * seen in /etc; before, its files are seen there under the same names, below those of the metadata.
 */
#include "mount/etc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <sys/mount.h>
#include <linux/mount.h> /* after sys/mount.h, which in glibc defines the same names */

#include "init/lib/file.h"
#include "init/lib/str.h"
#include "mount/fs.h"

#define ATTRS (MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID)

static int mount_erofs(const char *source, const char *path, struct err *e)
{
	_cleanup_close_ int fd =
		mount_fs_detached("erofs", source, NULL, 0, true, ATTRS | MOUNT_ATTR_RDONLY, e);

	return fd < 0 ? fd : mount_fs_attach(fd, path, e);
}

/* Makes a loop device of the file (loop(4)); the kernel frees it with the last user. Returns its
 * descriptor, which is a user, or -errno. */
static int make_loop(const char *file, char *ret_node, size_t size)
{
	struct loop_config config = { .info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR };
	_cleanup_close_ int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC),
			    from = open(file, O_RDONLY | O_CLOEXEC);
	int n = control < 0 || from < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE), fd;

	if (n < 0 || str_format(ret_node, size, "/dev/loop%d", n) < 0)
		return -errno;
	fd = open(ret_node, O_RDONLY | O_CLOEXEC);
	config.fd = (__u32)from;
	if (fd < 0 || ioctl(fd, LOOP_CONFIGURE, &config) == 0)
		return fd < 0 ? -errno : fd;
	n = -errno;
	close(fd);
	return n;
}

/* Linux 6.12 can mount the file itself. */
static int mount_metadata(const struct mount_etc *m, struct err *e)
{
	_cleanup_close_ int loop = -1;
	char node[32];
	int r = file_mkdirs(AT_FDCWD, m->metadata, 0755);

	if (r < 0)
		return err_sys(e, r, "cannot make the mount point %s", m->metadata);
	r = mount_erofs(m->image, m->metadata, e);
	if (r == 0 || r == -ENODEV)
		return r;
	loop = make_loop(m->image, node, sizeof(node));
	if (loop < 0)
		return err_sys(e, loop, "cannot make a loop device of %s", m->image);
	return mount_erofs(node, m->metadata, e);
}

/* Both are open folders; closes metadata. Returns the number of marks, or -errno. */
static int clear_opaque(int metadata, int layer)
{
	_cleanup_closedir_ DIR *d = fdopendir(metadata);
	struct dirent *ent;
	int n = 0, r;

	while (d && (ent = readdir(d))) {
		_cleanup_close_ int to = -1;

		if (ent->d_type != DT_DIR || ent->d_name[0] == '.')
			continue;
		to = openat(layer, ent->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (to < 0)
			continue;
		n += fremovexattr(to, "trusted.overlay.opaque") == 0;
		r = openat(metadata, ent->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = r < 0 ? -errno : clear_opaque(r, to);
		if (r < 0)
			return r;
		n += r;
	}
	return n;
}

static int clear_marks(const struct mount_etc *m, const char *upper, struct err *e)
{
	_cleanup_close_ int layer = open(upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int metadata = open(m->metadata, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	r = metadata < 0 ? -errno : clear_opaque(metadata, layer);
	return r < 0 ? err_sys(e, r, "cannot read %s", m->metadata) : r;
}

static int mount_overlay(const struct mount_etc *m, const char *upper, const char *work,
			 bool hidden, struct err *e)
{
	char lower[2 * PATH_MAX];
	const struct mount_option options[] = {
		{ "redirect_dir", "on" }, { "metacopy", "on" }, { "lowerdir", lower },
		{ "upperdir", upper },	  { "workdir", work },
	};
	_cleanup_close_ int fd = -1;
	int r = str_format(lower, sizeof(lower), "%s%s%s", m->metadata, hidden ? "::" : ":",
			   m->basedir);

	if (r < 0)
		return err_sys(e, r, "%s", m->basedir);
	fd = mount_fs_detached("overlay", "overlay", options, m->layer ? 5 : 3, !m->layer,
			       ATTRS | (m->layer ? 0 : MOUNT_ATTR_RDONLY), e);
	return fd < 0 ? fd : mount_fs_attach(fd, m->etc, e);
}

int mount_etc(const struct mount_etc *m, struct err *e)
{
	char upper[PATH_MAX] = "", work[PATH_MAX] = "";
	int r = mount_metadata(m, e), marks = 0;

	if (r < 0)
		return r;
	r = file_mkdirs(AT_FDCWD, m->etc, 0755);
	if (r == 0 && m->layer)
		r = str_format(upper, sizeof(upper), "%s/upper", m->layer);
	if (r == 0 && m->layer)
		r = str_format(work, sizeof(work), "%s/work", m->layer);
	if (r == 0 && m->layer)
		r = file_mkdirs(AT_FDCWD, upper, 0755);
	if (r == 0 && m->layer)
		r = file_mkdirs(AT_FDCWD, work, 0755);
	if (r < 0)
		return err_sys(e, r, "cannot make the folders for %s", m->etc);
	if (m->layer)
		marks = clear_marks(m, upper, e);
	if (marks < 0)
		return marks;
	r = mount_overlay(m, upper, work, true, e);
	if (r == -EINVAL)
		r = mount_overlay(m, upper, work, false, e);
	return r < 0 ? r : marks;
}
