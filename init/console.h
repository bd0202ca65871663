/* SPDX-License-Identifier: MIT */
/* console.h - what the console step changed in the kernel */
#ifndef STOREBOOT_CONSOLE_H
#define STOREBOOT_CONSOLE_H

#include "init/boot.h"

/* Puts the limit on /dev/kmsg back, for stage 2. */
void console_restore(const struct boot *b);

#endif
