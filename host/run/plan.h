/* SPDX-License-Identifier: MIT */
/* plan.h - everything that a run needs: what was asked for, what was found, what QEMU is told */
#ifndef STOREBOOT_HOST_RUN_PLAN_H
#define STOREBOOT_HOST_RUN_PLAN_H

#include <limits.h>
#include <stdbool.h>

#include "host/disk/disk.h"
#include "host/qemu/qemu.h"
#include "host/qemu/tpm.h"
#include "host/run/options.h"
#include "host/run/system.h"
#include "host/share/share.h"
#include "host/vm/vm.h"
#include "init/lib/str.h"

#define NEEDS_MAX 3

/* run_command fills v, and of qemu what an option says by itself. Paths are absolute, with links
 * resolved. */
struct plan {
	/* What was asked for. */
	struct run_values v;
	struct opt_args args;
	bool only_look; /* nothing is to be made, as nothing will run */

	/* What was found for it. */
	char self[PATH_MAX]; /* this program */
	char qemu_img[PATH_MAX];
	struct system system;
	struct buf registration; /* put behind the initramfs; empty: none */
	struct tpm tpm;
	struct disks disks; /* opened; made when there is none yet */
	struct shared_folders folders;
	char exchange[PATH_MAX]; /* one of them that is not there yet (shared_dirs.h); "": all are
				  */
	struct share share;
	const char *needs[NEEDS_MAX + 1]; /* what this run must find in the initramfs */
	const char *modules[3];	 /* what the devices need in the initramfs; NULL-terminated */
	struct buf initrd;	 /* the initramfs's path */
	int initrd_fd;		 /* the same, open; -1: by its path */
	struct buf rescue_shell; /* a program put behind it; empty: none */
	struct buf unprinted;	 /* options that --print-qemu cannot say; empty: none */

	struct qemu_config qemu;
	struct watch watch;
};

#define PLAN_INIT \
	{ \
		.initrd_fd = -1, .share = SHARE_INIT, .qemu = QEMU_CONFIG_INIT, \
		.watch = WATCH_INIT \
	}
void plan_free(struct plan *p);

/* Sets p->needs: the needs of the initramfs (host/initrd/need.h), except those of the share. */
void needs_list(struct plan *p);

/* The need of the controller of the disks, NULL-terminated; NULL: the run has no disk. */
const char *const *needs_of_disks(const struct plan *p);

#endif
