/* SPDX-License-Identifier: MIT */
/* order.c - fuzz target: the initramfs' list of modules */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	size_t len = size;
	struct order_entry m;

	while (order_next(&text, &len, &m) > 0) {
		/* It moves on, and never leaves /modules. */
		if (text + len != (const char *)data + size || m.file[0] == '/' ||
		    strstr(m.file, "..") == m.file)
			abort();
	}
	return 0;
}
