/* SPDX-License-Identifier: MIT */
/* bar.c - a progress bar in the line of host/lib/progress.h */
#include "host/lib/bar.h"

#include <stdio.h>
#include <string.h>

#include "host/lib/progress.h"
#include "host/lib/signals.h"

#define WIDTH 24

const char *bar_text(const struct bar *b, uint64_t bytes, char *dst, size_t size)
{
	/* The expected size is a guess; do not exceed 100 %. */
	unsigned int percent =
		b->all == 0 || bytes >= b->all ? 100 : (unsigned int)(bytes * 100 / b->all);
	unsigned int filled = percent * WIDTH / 100;
	char bar[WIDTH + 1];

	memset(bar, '#', filled);
	memset(bar + filled, '.', WIDTH - filled);
	bar[WIDTH] = '\0';
	snprintf(dst, size, "%.22s [%s] %3u%%, %llu MiB", b->what, bar, percent,
		 (unsigned long long)(bytes >> 20));
	return dst;
}

int bar_show(uint64_t bytes, void *arg)
{
	char text[69];

	progress_set("%s", bar_text(arg, bytes, text, sizeof(text)));
	return signals_waiting();
}
