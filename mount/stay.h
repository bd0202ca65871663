/* SPDX-License-Identifier: MIT */
/* stay.h - keeps the mounts of stage 1 until the machine is off */
#ifndef STOREBOOT_MOUNT_STAY_H
#define STOREBOOT_MOUNT_STAY_H

#include <stddef.h>

#include "init/lib/err.h"

struct stay {
	const char *path; /* where it is mounted now */
	const char *unit; /* escaped path in the system (systemd.unit(5)), without ".mount" */
};

/* Tells systemd, if it is stage 2, not to unmount these at shutdown: it runs from them, so each
 * attempt would fail. Writes a drop-in for each of the n mounts that is in mountinfo
 * (/proc/self/mountinfo, len bytes). run_fd: the folder /run. Returns 0 or -errno. */
_must_check_ int stay_mounted(const struct stay *mounts, size_t n, const char *mountinfo,
			      size_t len, int run_fd, struct err *e);

#endif
