/* SPDX-License-Identifier: MIT */
/* escapes.c - fuzz target: what reaches the terminal is harmless, however the input is cut */
#include "host/lib/escapes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t filter(const uint8_t *data, size_t size, size_t piece, char *out)
{
	struct escapes s = { 0 };
	size_t n = 0;

	for (size_t at = 0; at < size; at += piece)
		n += escapes_filter(&s, (const char *)data + at,
				    size - at < piece ? size - at : piece, out + n);
	return n;
}

/* Each ESC begins what the filter says that it lets pass, by another way of looking. */
static void check(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t end = i + 2;

		if ((p[i] < ' ' && !strchr("\t\r\n\b\33", p[i])) || p[i] == 0 || p[i] == 0x7f ||
		    (p[i] == 0xc2 && i + 1 < n && p[i + 1] < 0xa0))
			abort();
		if (p[i] != 0x1b)
			continue;
		if (i + 1 >= n)
			abort();
		if (p[i + 1] && strchr("78DEM", p[i + 1]))
			continue;
		while (end < n && p[end] && strchr("0123456789;:", p[end]))
			end++;
		if (p[i + 1] != '[' || end >= n || !p[end] ||
		    !strchr("mABCDEFGHIZ`adefJKX@LMPSTsu", p[end]))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *whole = malloc(size + ESCAPES_HELD), *pieces = malloc(size + ESCAPES_HELD);
	size_t n, m;

	if (!whole || !pieces)
		abort();
	n = filter(data, size, size ? size : 1, whole);
	m = filter(data, size, size ? data[0] % 7 + 1 : 1, pieces);
	if (n > size || n != m || memcmp(whole, pieces, n) != 0)
		abort();
	check((const unsigned char *)whole, n);
	/* What passed once passes again, as it is. */
	m = filter((const uint8_t *)whole, n, n ? n : 1, pieces);
	if (n != m || memcmp(whole, pieces, n) != 0)
		abort();
	free(whole);
	free(pieces);
	return 0;
}
