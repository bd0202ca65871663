/* SPDX-License-Identifier: MIT */
/* remember.h - which system the root disk booted last, and what is said when it is another one */
#ifndef STOREBOOT_HOST_REMEMBER_H
#define STOREBOOT_HOST_REMEMBER_H

#include "host/disk/disk.h"

/*
 * For a root disk that is about to boot the system: says so in one line where the disk last booted
 * one of another name, and remembers this one; a throw-away run remembers nothing. Returns what is
 * worth adding where the disk is named: "", ", new", or that it last booted another build of the
 * system.
 */
const char *remember_system(const struct disk *root, const char *name, const char *system);

/*
 * For a root disk that this run made and named after the machine: where the machine has another
 * name than the system's own (--name), and the disk of that name lies beside it, says in one line
 * that it is not used.
 */
void remember_other_disk(const struct image *i, const char *name, const char *own_name);

#endif
