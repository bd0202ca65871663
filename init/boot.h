/* SPDX-License-Identifier: MIT */
/* boot.h - the state of one boot, passed from step to step */
#ifndef STOREBOOT_BOOT_H
#define STOREBOOT_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#include "init/config.h"
#include "init/lib/err.h"

/* Where stage 1 keeps the mounts that become the system: the new root and, below it, what stage 2
 * expects. */
#define NEW_ROOT "/sysroot"

/* What became of the disk so far; a failure's line says it where the disk is concerned. */
enum disk_state { DISK_UNTOUCHED, DISK_FORMATTED, DISK_IN_USE };

struct boot {
	struct config config;
	char *const *argv;    /* PID 1's own: words the kernel did not know go to stage 2 */
	char root_device[64]; /* /dev/vda, once it is there */
	enum disk_state disk;
	bool switched;	/* the old root is gone: paths are the system's */
	int report_fd;	/* the host's channel, -1: none */
	struct err err; /* of the step that failed */
	char note[256]; /* what the current step did, for its log line; steps may fill it */
};

/* A step: returns 0 or -errno with b->err filled. */
typedef int step_fn(struct boot *b);

#endif
