/* SPDX-License-Identifier: MIT */
/* remember.h - the system that the root disk booted last, and messages if it is another */
#ifndef STOREBOOT_HOST_REMEMBER_H
#define STOREBOOT_HOST_REMEMBER_H

#include "host/disk/disk.h"

/*
 * Call before a root disk boots the system. If the disk last booted a system of another name, warns
 * in one line. Records the system, except in an ephemeral run. Returns a note to print after the
 * disk's name: "", ", new", or that it last booted another build of the system.
 */
const char *remember_system(const struct disk *root, const char *name, const char *system);

/*
 * For a root disk that this run made and named after the machine: if --name gave the machine
 * another name than the system's own, and a disk of that name is in the same folder, reports in one
 * line that it is not used.
 */
void remember_other_disk(const struct image *i, const char *name, const char *own_name);

#endif
