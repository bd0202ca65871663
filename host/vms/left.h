/* SPDX-License-Identifier: MIT */
/* left.h - processes that a killed launcher leaves (theory: left.c) */
#ifndef STOREBOOT_HOST_VMS_LEFT_H
#define STOREBOOT_HOST_VMS_LEFT_H

#include "init/lib/macro.h"

/* Marks the programs that this process executes from now on as those of the VM BASE/name. base:
 * BASE's descriptor. Returns 0 or -errno. */
_must_check_ int left_mark(int base, const char *name);

/* Kills all programs of this user with the mark of that VM, whose launcher is dead. */
void left_kill(int base, const char *name);

#endif
