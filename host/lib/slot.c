/* SPDX-License-Identifier: MIT */
/* slot.c - a fixed number of processes that serve a guest's connections */
#include "host/lib/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "host/lib/lock.h"
#include "init/lib/str.h"

/* Above the descriptors that a server inherits by number. */
#define FD_MIN 500

int slot_take(const char *prefix, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		_cleanup_close_ int fd = -1;
		char path[PATH_MAX];
		int r;

		if (str_format(path, sizeof(path), "%s.slot%u", prefix, i) < 0)
			return -ENAMETOOLONG;
		fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			return -errno;
		r = lock_file(fd, false);
		if (r == 0) {
			r = fcntl(fd, F_DUPFD, FD_MIN);
			return r < 0 ? -errno : r;
		}
		if (r != -EBUSY)
			return r;
	}
	return -EBUSY;
}
