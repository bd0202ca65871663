/* SPDX-License-Identifier: MIT */
/* shared_folder.c - fuzz target: the list of folders that come beside the store */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/shared_folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	size_t len = size;
	struct shared_folder b;

	while (shared_folder_next(&text, &len, &b) > 0) {
		/* It moves on, and no place is outside the new root. */
		if (text + len != (const char *)data + size || b.path[0] != '/' ||
		    strstr(b.path, "/../") || b.kind == SHARE_IMAGE)
			abort();
	}
	return 0;
}
