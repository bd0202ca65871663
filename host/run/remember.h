/* SPDX-License-Identifier: MIT */
/* remember.h - which system the root disk booted last, and what is said when it is another one */
#ifndef STOREBOOT_HOST_REMEMBER_H
#define STOREBOOT_HOST_REMEMBER_H

#include "host/disk/disk.h"

/*
 * For a root disk that is about to boot the system: says so in one line where the disk last booted one
 * of another name, and remembers this one; a throw-away run remembers nothing. Returns what is worth
 * adding where the disk is named: "", ", new", or that it last booted another build of the system.
 */
const char *remember_system(const struct disk *root, const char *name, const char *system);

#endif
