/* SPDX-License-Identifier: MIT */
/* keys.c - fuzz target: the keys of a console, of which Ctrl-a begins commands for the launcher */
#include "host/terminal/terminal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/lib/macro.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t feed(struct terminal *t, char *keys, size_t size, size_t piece)
{
	size_t kept = 0;

	for (size_t at = 0; at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece, got;

		got = terminal_keys(t, keys + at, n);
		if (got > n)
			abort();
		memmove(keys + kept, keys + at, got);
		kept += got;
	}
	return kept;
}

/* The same by another way of looking: the pairs that begin with Ctrl-a. */
static size_t expected(const uint8_t *data, size_t size, bool *ret_quit)
{
	size_t n = 0;

	*ret_quit = false;
	for (size_t i = 0; i < size; i++) {
		if (data[i] != 1) {
			n++;
			continue;
		}
		if (++i == size)
			break;
		n += data[i] == 1 || data[i] == 'a';
		*ret_quit = *ret_quit || data[i] == 'x';
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *keys = malloc(size + 1), *pieces = malloc(size + 1);
	struct terminal whole = { 0 }, cut = { 0 };
	size_t n;
	bool quit;

	if (!keys || !pieces)
		abort();
	memcpy(keys, data, size);
	memcpy(pieces, data, size);
	n = feed(&whole, keys, size, size ? size : 1);
	if (feed(&cut, pieces, size, size ? data[0] % 5 + 1 : 1) != n ||
	    memcmp(keys, pieces, n) != 0 || whole.quit != cut.quit || whole.escape != cut.escape ||
	    expected(data, size, &quit) != n || quit != whole.quit)
		abort();
	free(keys);
	free(pieces);
	return 0;
}
