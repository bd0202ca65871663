/* SPDX-License-Identifier: MIT */
/* switch.h - from the initramfs to the new root, and the API mounts with it */
#ifndef STOREBOOT_SWITCH_H
#define STOREBOOT_SWITCH_H

#include "init/boot.h"

/* Moves /dev, /proc, /sys and /run below the new root, once. Returns 0 or -errno. */
_must_check_ int switch_move_api(struct boot *b, struct err *e);

#endif
