/* SPDX-License-Identifier: MIT */
/* stay.h - what stage 1 has mounted stays mounted until the machine is off */
#ifndef STOREBOOT_MOUNT_STAY_H
#define STOREBOOT_MOUNT_STAY_H

#include <stddef.h>

#include "init/lib/err.h"

struct stay {
	const char *path; /* where it is mounted now */
	const char *unit; /* its path in the system, escaped as systemd.unit(5) has it, without
			     ".mount" */
};

/*
 * Tells systemd, if that is what runs as stage 2, not to unmount these at shutdown: it runs from
 * there, so each attempt would fail. Writes a drop-in for each of the n mounts that is in mountinfo
 * (/proc/self/mountinfo, len bytes). run_fd: the folder that is /run. Returns 0 or -errno.
 */
_must_check_ int stay_mounted(const struct stay *mounts, size_t n, const char *mountinfo,
			      size_t len, int run_fd, struct err *e);

#endif
