/* SPDX-License-Identifier: MIT */
/* boot_json.c - fuzz target: boot.json of a NixOS system */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/nix/boot_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each value lies within the one that it is part of, after those before it. */
static void walk(struct json rest, unsigned int depth)
{
	const char *at = rest.s, *end = rest.s + rest.len;
	struct json key, value;
	char text[64];

	while (depth < 8 && json_next(&rest, &key, &value) > 0) {
		if (value.len == 0 || value.s <= at || value.s + value.len > end)
			abort();
		at = value.s;
		if (json_text(&value, text, sizeof(text)) == 0 && strlen(text) > value.len)
			abort();
		walk(value, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct json all = { text, text ? strlen(text) : 0 }, value;

	if (text && json_member(&all, "a", &value) == 0)
		walk(value, 0);
	if (text)
		walk(all, 0);
	free(text);
	return 0;
}
