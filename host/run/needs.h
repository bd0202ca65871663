/* SPDX-License-Identifier: MIT */
/* needs.h - which needs of the initramfs (host/initrd/need.h) a run has, beside those of its share */
#ifndef STOREBOOT_HOST_NEEDS_H
#define STOREBOOT_HOST_NEEDS_H

#include "host/disk/disk.h"
#include "host/run/options.h"

#define NEEDS_MAX 3

/* The need of the interface that connects the disks, NULL-terminated; NULL: the run has no disk. */
const char *const *needs_of_disks(const struct run_values *v, const struct disks *disks);

/* Writes the run's needs to ret, NULL-terminated. It reads QEMU_NET_OPTS from the environment. */
void needs_list(const struct run_values *v, const struct disks *disks, const char *ret[NEEDS_MAX + 1]);

#endif
