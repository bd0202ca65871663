/* SPDX-License-Identifier: MIT */
/*
 * writable.c - a writable layer over the store
 *
 * The lower layer is the store, from any share; it stays read-only. It may have changed when an old
 * upper layer is put over it again. That is safe: store paths never change under their names and
 * come and go only as wholes, which an overlay allows without index and redirect_dir (both off).
 */
#include "mount/writable.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mount.h>
#include <linux/mount.h> /* after sys/mount.h, which in glibc defines the same names */

#include "init/lib/file.h"
#include "init/lib/str.h"
#include "mount/fs.h"

static int mount_memory(const char *folder, struct err *e)
{
	static const struct mount_option options[] = { { "mode", "0755" } };
	_cleanup_close_ int fd =
		mount_fs_detached("tmpfs", "rw-store", options, ARRAY_SIZE(options), false,
				  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, e);

	return fd < 0 ? fd : mount_fs_attach(fd, folder, e);
}

int mount_writable(const char *store, const char *folder, bool in_memory, struct err *e)
{
	char upper[PATH_MAX], work[PATH_MAX];
	const struct mount_option options[] = {
		{ "lowerdir", store }, { "upperdir", upper },	  { "workdir", work },
		{ "index", "off" },    { "redirect_dir", "off" },
	};
	_cleanup_close_ int fd = -1;
	int r = file_mkdirs(AT_FDCWD, folder, 0755);

	if (r == 0 && in_memory && (r = mount_memory(folder, e)) < 0)
		return r;
	if (r == 0)
		r = str_format(upper, sizeof(upper), "%s/upper", folder);
	if (r == 0)
		r = str_format(work, sizeof(work), "%s/work", folder);
	if (r == 0)
		r = file_mkdirs(AT_FDCWD, upper, 0755);
	if (r == 0)
		r = file_mkdirs(AT_FDCWD, work, 0755);
	if (r < 0)
		return err_sys(e, r, "cannot make the store's writable layer in %s", folder);
	fd = mount_fs_detached("overlay", "store", options, ARRAY_SIZE(options), false,
			       MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, e);
	return fd < 0 ? fd : mount_fs_attach(fd, store, e);
}
