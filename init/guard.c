/* SPDX-License-Identifier: MIT */
/* guard.c - checks before the root is changed, and removal of the old root */
#include "init/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

int guard_initramfs(int root_fd, struct err *e)
{
	struct statfs fs;

	if (fstatfs(root_fd, &fs) < 0)
		return err_sys(e, errno, "cannot tell what file system / is");
	if (fs.f_type != RAMFS_MAGIC && fs.f_type != TMPFS_MAGIC)
		return err_set(e, EXDEV,
			       "/ is no initramfs (file system type %#lx): stage 1 runs as an "
			       "initramfs' /init",
			       (unsigned long)fs.f_type);
	return 0;
}

int guard_other_device(int old_fd, int new_fd, struct err *e)
{
	struct stat old, new;

	if (fstat(old_fd, &old) < 0 || fstat(new_fd, &new) < 0)
		return err_sys(e, errno, "cannot tell the old and the new root apart");
	if (old.st_dev == new.st_dev)
		return err_set(
			e, EXDEV,
			"the new root is on the old one's file system: nothing is mounted on it");
	return 0;
}

static bool same_device(int fd, dev_t dev)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == dev;
}

static void empty(int fd, dev_t dev)
{
	_cleanup_closedir_ DIR *d = fdopendir(fd);
	struct dirent *entry;

	if (!d) {
		close(fd);
		return;
	}
	while ((entry = readdir(d))) {
		const char *name = entry->d_name;
		int sub;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		/* EISDIR: a folder. EBUSY: a mount point, which cannot be removed either. */
		if (unlinkat(dirfd(d), name, 0) == 0 || errno != EISDIR)
			continue;
		sub = openat(dirfd(d), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0 && same_device(sub, dev))
			empty(sub, dev);
		else if (sub >= 0)
			close(sub);
		if (unlinkat(dirfd(d), name, AT_REMOVEDIR) < 0)
			continue;
	}
}

void guard_empty(int root_fd)
{
	struct stat st;
	int fd;

	if (fstat(root_fd, &st) < 0)
		return;
	fd = openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		empty(fd, st.st_dev);
}
