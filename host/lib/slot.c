/* SPDX-License-Identifier: MIT */
/* slot.c - a fixed number of processes that serve a guest's connections */
#include "host/lib/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <unistd.h>

#include "init/lib/str.h"

/* Above the descriptors that a server inherits by number. */
#define FD_MIN 500

int slot_take(const char *prefix, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		_cleanup_close_ int fd = -1;
		char path[PATH_MAX];

		if (str_format(path, sizeof(path), "%s.slot%u", prefix, i) < 0)
			return -ENAMETOOLONG;
		fd = open(path, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			const int held = fcntl(fd, F_DUPFD, FD_MIN);

			return held < 0 ? -errno : held;
		}
		if (errno != EWOULDBLOCK)
			return -errno;
	}
	return -EBUSY;
}
