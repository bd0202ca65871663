/* SPDX-License-Identifier: MIT */
/* booted.c - fuzz target: any bytes as what an image remembers */
#include "host/disk/booted.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* It goes to a terminal: nothing in it may be obeyed. */
static void check_text(const char *s)
{
	if (*s == '\0')
		__builtin_trap();
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct booted b = { 0 };

	if (booted_parse((const char *)data, size, &b) < 0) {
		if (b.name[0] || b.system[0])
			__builtin_trap();
		return 0;
	}
	check_text(b.name);
	check_text(b.system);
	if (strlen(b.name) + 1 + strlen(b.system) != size)
		__builtin_trap();
	return 0;
}
