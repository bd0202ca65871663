/* SPDX-License-Identifier: MIT */
/*
 * stay.c - keeps the mounts of stage 1 until the machine is off
 *
 * systemd has a unit for each line of /proc/self/mountinfo and unmounts it at shutdown, except /,
 * /usr and mounts with the option x-initrd.mount. That option has no effect in /etc/fstab, since
 * systemd takes the options of an existing mount from mountinfo (src/core/mount.c,
 * get_mount_parameters). A drop-in works.
 *
 * The drop-in is in system.control, which systemd reads since 234 (systemd.unit(5)). Older versions
 * read only /run/systemd/system, but its existence tells programs that init is systemd
 * (sd_booted(3)).
 */
#include "mount/stay.h"

#include <errno.h>
#include <fcntl.h>

#include "init/lib/file.h"
#include "init/lib/str.h"
#include "mount/mountinfo.h"

static const char drop_in[] = "[Unit]\nDefaultDependencies=no\n";

static int write_drop_in(int run_fd, const char *unit)
{
	char path[128];
	_cleanup_close_ int fd = -1;
	int r = str_format(path, sizeof(path), "systemd/system.control/%s.mount.d", unit);

	if (r == 0)
		r = file_mkdirs(run_fd, path, 0755);
	if (r < 0)
		return r;
	fd = openat(run_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno :
			file_replace(fd, "storeboot.conf", drop_in, sizeof(drop_in) - 1, 0644);
}

int stay_mounted(const struct stay *mounts, size_t n, const char *mountinfo, size_t len, int run_fd,
		 struct err *e)
{
	struct mountinfo m;

	for (size_t i = 0; i < n; i++) {
		int r;

		if (mountinfo_find(mountinfo, len, mounts[i].path, &m) < 0)
			continue;
		r = write_drop_in(run_fd, mounts[i].unit);
		if (r < 0)
			return err_sys(e, r, "cannot write systemd's drop-in for %s",
				       mounts[i].path);
	}
	return 0;
}
