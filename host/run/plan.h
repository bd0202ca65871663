/* SPDX-License-Identifier: MIT */
/* plan.h - everything that a run needs: the options, what was found, QEMU's arguments */
#ifndef STOREBOOT_HOST_RUN_PLAN_H
#define STOREBOOT_HOST_RUN_PLAN_H

#include <limits.h>
#include <stdbool.h>

#include "host/disk/disk.h"
#include "host/lib/output.h"
#include "host/qemu/qemu.h"
#include "host/qemu/tpm.h"
#include "host/run/options.h"
#include "host/run/system.h"
#include "host/share/share.h"
#include "host/vm/vm.h"
#include "init/lib/str.h"

#define NEEDS_MAX 5

/* run_command sets v, and those fields of qemu that an option gives directly. Paths are absolute,
 * with links resolved. */
struct plan {
	/* The request. */
	struct run_values v;
	struct opt_args args;
	bool only_look; /* make nothing: no VM will run */

	/* The results. */
	char self[PATH_MAX]; /* this program */
	char qemu_img[PATH_MAX];
	struct system system;
	struct buf registration; /* goes after the initramfs; empty: none */
	struct tpm tpm;
	struct disks disks; /* opened, or to be made */
	struct shared_folders folders;
	char exchange[PATH_MAX]; /* a shared folder to make (shared_dirs.h); "": none */
	struct share share;
	const char *needs[NEEDS_MAX + 1]; /* needs of this run for the initramfs */
	const char *modules[3];		  /* modules for the devices; NULL-terminated */
	struct buf initrd;		  /* the initramfs's path */
	int store_fd;			  /* the folder of the store; -1: not opened yet */
	int initrd_fd;			  /* the initramfs, open; -1: by its path */
	struct buf rescue_shell;	  /* a program, after the initramfs; empty: none */
	struct output plot;		  /* of --plot */
	struct buf unprinted;		  /* options that --print-qemu leaves out; empty: none */

	struct qemu_config qemu;
	struct watch watch;
};

#define PLAN_INIT \
	{ \
		.store_fd = -1, .initrd_fd = -1, .plot = OUTPUT_INIT, .tpm = TPM_INIT, \
		.share = SHARE_INIT, .qemu = QEMU_CONFIG_INIT, .watch = WATCH_INIT \
	}
void plan_free(struct plan *p);

/* Sets p->needs: the needs for the initramfs (host/initrd/need.h), except those of the share. */
void needs_list(struct plan *p);

/* Returns the need of the disks' controller, NULL-terminated; NULL: the run has no disk. */
const char *const *needs_of_disks(const struct plan *p);

#endif
