/* SPDX-License-Identifier: MIT */
/* console.h - restore the kernel settings that the console step changed */
#ifndef STOREBOOT_CONSOLE_H
#define STOREBOOT_CONSOLE_H

#include "init/boot.h"

/* Restores the limit on /dev/kmsg and the log level, for stage 2. */
void console_restore(const struct boot *b);

#endif
