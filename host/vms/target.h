/* SPDX-License-Identifier: MIT */
/*
 * target.h - a running VM, for another storeboot
 *
 * The launcher holds a lock on the VM's file for its life (host/vms/vms.h), and the kernel drops
 * the lock however the launcher ends. So the lock shows whether the VM still runs.
 */
#ifndef STOREBOOT_HOST_VMS_TARGET_H
#define STOREBOOT_HOST_VMS_TARGET_H

#include <stdbool.h>

#include "host/vms/vms.h"
#include "init/lib/err.h"

struct target {
	const char *name;
	struct vms_found vm;
	int vm_fd; /* the VM's file; -1: none */
	int sock;  /* to the launcher; -1: none */
};

#define TARGET_INIT \
	{ \
		.vm_fd = -1, .sock = -1 \
	}

/* How often a program checks that the launcher it waits for still runs, in milliseconds. */
#define TARGET_LOOK_MS 500

/* Finds the VM `name`; the string must outlive ret. Returns 0, or -errno with e. */
_must_check_ int target_find(const char *name, struct target *ret, struct err *e);

/* Connects to its launcher; waits while that is busy. Returns 0, or -errno with e. */
_must_check_ int target_connect(struct target *t, struct err *e);

bool target_lives(const struct target *t);

/* Whether the launcher is stopped, as by SIGSTOP or Ctrl-z, and so cannot answer. Returns 0 if it
 * runs or is gone, -EAGAIN with e if it is stopped. */
_must_check_ int target_look(const struct target *t, struct err *e);

void target_free(struct target *t);

#endif
