/* SPDX-License-Identifier: MIT */
/* order.h - /modules/order: which modules the initramfs carries, in load order */
#ifndef STOREBOOT_ORDER_H
#define STOREBOOT_ORDER_H

#include <stddef.h>

#include "init/lib/macro.h"

/*
 * The host writes one line a module: NEED[,NEED...] FILE [PARAMS], separated by single spaces. NEED
 * says what it is for (modules.c has the names), FILE is below /modules, PARAMS go to the module as
 * they are.
 */
struct order_entry {
	char need[96];
	char file[128];
	char params[256]; /* empty: none */
};

/*
 * Takes the next line off *text, *len. Returns 1 with the entry, 0 at the end, -EINVAL on a line
 * that is not one (no FILE, a FILE that leaves the folder, too long, control characters, no newline
 * at its end: the list was cut short); *text is then left at that line. A pure function.
 */
_must_check_ int order_next(const char **text, size_t *len, struct order_entry *ret);

#endif
