/* SPDX-License-Identifier: MIT */
/* switch.h - switch root from the initramfs to the new root, with the API mounts */
#ifndef STOREBOOT_SWITCH_H
#define STOREBOOT_SWITCH_H

#include "init/boot.h"

/* Moves /dev, /proc, /sys and /run below the new root, once. Returns 0 or -errno. */
_must_check_ int switch_move_api(struct boot *b, struct err *e);

#endif
