/* SPDX-License-Identifier: MIT */
/* slot.h - a fixed number of processes that serve a guest's connections */
#ifndef STOREBOOT_HOST_LIB_SLOT_H
#define STOREBOOT_HOST_LIB_SLOT_H

#include "init/lib/macro.h"

/* Takes one of n slots for this process and those that inherit its descriptors: a lock on the file
 * PREFIX.slotN, which is made if needed. Does not wait. Returns the descriptor that holds the slot,
 * and that an exec keeps; -EBUSY if none is free; or another -errno. */
_must_check_ int slot_take(const char *prefix, unsigned int n);

#endif
