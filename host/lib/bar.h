/* SPDX-License-Identifier: MIT */
/* bar.h - how far something is, as a bar in the line of host/lib/progress.h */
#ifndef STOREBOOT_HOST_LIB_BAR_H
#define STOREBOOT_HOST_LIB_BAR_H

#include <stddef.h>
#include <stdint.h>

struct bar {
	const char *what;
	uint64_t all; /* bytes, as far as is known */
};

/* The bar's text, of at most 68 columns. A pure function; returns dst. */
const char *bar_text(const struct bar *b, uint64_t bytes, char *dst, size_t size);

/* Shows it. arg: struct bar. Returns the signal that waits to end the run, or 0. */
int bar_show(uint64_t bytes, void *arg);

#endif
