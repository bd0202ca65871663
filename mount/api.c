/* SPDX-License-Identifier: MIT */
/* api.c - the API file systems: /dev, /proc, /sys, /run and the mounts below them */
#include "mount/api.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <linux/mount.h> /* after sys/mount.h, which in glibc defines the same names */
#include <sys/stat.h>
#include <unistd.h>

#include "init/lib/str.h"
#include "mount/fs.h"

static const struct api_mount {
	const char *path;
	const char *type;
	unsigned int attrs;
	struct mount_option options[3];
} api_mounts[] = {
	/* Parents before the mounts below them. devtmpfs has one instance per kernel, with
	 * mode=0755: an option here would change it for everyone. */
	{ "/dev", "devtmpfs", MOUNT_ATTR_NOSUID, { { NULL, NULL } } },
	/* gid 3 is NixOS's group tty; mode and ptmxmode are as in its stage 1. */
	{ "/dev/pts",
	  "devpts",
	  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
	  { { "mode", "620" }, { "ptmxmode", "666" }, { "gid", "3" } } },
	{ "/dev/shm", "tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, { { "mode", "1777" } } },
	{ "/proc",
	  "proc",
	  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	  { { NULL, NULL } } },
	{ "/sys",
	  "sysfs",
	  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	  { { NULL, NULL } } },
	{ "/run", "tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, { { "mode", "755" } } },
};

/* Links that programs expect and devtmpfs lacks; formerly made by udev (systemd: dev-setup.c). */
static const struct {
	const char *target, *path;
} dev_links[] = {
	{ "/proc/self/fd", "/dev/fd" },
	{ "/proc/self/fd/0", "/dev/stdin" },
	{ "/proc/self/fd/1", "/dev/stdout" },
	{ "/proc/self/fd/2", "/dev/stderr" },
};

/* The mounts to move; the mounts below them move along. */
static const char *const moved[] = { "/dev", "/proc", "/sys", "/run" };

static int make_folder(const char *path, struct err *e)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return err_sys(e, errno, "cannot make the mount point %s", path);
	return 0;
}

/* A mount point is on another device than its parent. mountinfo cannot be used before /proc is
 * mounted. */
static int is_mount_point(const char *path, bool *ret, struct err *e)
{
	struct stat own, above;
	char parent[PATH_MAX];

	if (str_format(parent, sizeof(parent), "%s/..", path) < 0)
		return err_sys(e, ENAMETOOLONG, "cannot look at %s", path);
	if (stat(path, &own) < 0 || stat(parent, &above) < 0)
		return err_sys(e, errno, "cannot look at %s", path);
	*ret = own.st_dev != above.st_dev;
	return 0;
}

static int mount_one(const struct api_mount *m, struct err *e)
{
	_cleanup_close_ int fd = -1;
	bool mounted = false;
	size_t n = 0;
	int r = make_folder(m->path, e);

	if (r < 0)
		return r;
	r = is_mount_point(m->path, &mounted, e);
	if (r < 0 || mounted)
		return r;
	while (n < ARRAY_SIZE(m->options) && m->options[n].key)
		n++;
	fd = mount_fs_detached(m->type, m->type, m->options, n, false, m->attrs, e);
	if (fd < 0)
		return err_set(e, fd, "%s: %s", m->path, e->text);
	return mount_fs_attach(fd, m->path, e);
}

int mount_api_all(struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(api_mounts); i++) {
		int r = mount_one(&api_mounts[i], e);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(dev_links); i++)
		if (symlink(dev_links[i].target, dev_links[i].path) < 0 && errno != EEXIST)
			return err_sys(e, errno, "cannot make the link %s", dev_links[i].path);
	return 0;
}

int mount_api_move(const char *new_root, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(moved); i++) {
		char to[PATH_MAX];
		int r;

		if (str_format(to, sizeof(to), "%s%s", new_root, moved[i]) < 0)
			return err_sys(e, ENAMETOOLONG, "cannot move %s below %s", moved[i],
				       new_root);
		r = make_folder(to, e);
		if (r < 0)
			return r;
		if (mount(moved[i], to, NULL, MS_MOVE, NULL) < 0)
			return err_sys(e, errno, "cannot move the mount %s to %s", moved[i], to);
	}
	return 0;
}
