/* SPDX-License-Identifier: MIT */
/* order.h - parse /modules/order, the modules of the initramfs in load order */
#ifndef STOREBOOT_ORDER_H
#define STOREBOOT_ORDER_H

#include <stddef.h>

#include "init/lib/macro.h"

/*
 * The host writes one line per module: NEED[,NEED...] FILE [PARAMS], separated by single spaces.
 * NEED: a name of modules.c. FILE: a path below /modules. PARAMS: passed to the module unchanged.
 */
struct order_entry {
	char need[96];
	char file[128];
	char params[256]; /* empty: none */
};

/*
 * Parses the next line of *text and advances *text and *len. Returns 1 and fills ret; 0 at the end;
 * -EINVAL if the line is invalid (no FILE, FILE outside /modules, too long, control characters) or
 * has no newline (the list is truncated). *text then stays at that line. A pure function.
 */
_must_check_ int order_next(const char **text, size_t *len, struct order_entry *ret);

#endif
