/* SPDX-License-Identifier: MIT */
/* bar.h - a progress bar in the line of host/lib/progress.h */
#ifndef STOREBOOT_HOST_LIB_BAR_H
#define STOREBOOT_HOST_LIB_BAR_H

#include <stddef.h>
#include <stdint.h>

struct bar {
	const char *what;
	uint64_t all; /* expected bytes */
};

/* Writes the bar's text, at most 68 columns, to dst. Returns dst. A pure function. */
const char *bar_text(const struct bar *b, uint64_t bytes, char *dst, size_t size);

/* Shows the bar. arg: struct bar. Returns a pending signal that ends the run, or 0. */
int bar_show(uint64_t bytes, void *arg);

#endif
