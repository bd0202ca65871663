/* SPDX-License-Identifier: MIT */
/* kernel.c - fuzz target: kernel images */
#include "host/initrd/kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernel k = { 0 };
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (kernel_parse(copy, size, &k) == 0) {
		if (k.machine == 0 && k.release[0] == '\0')
			abort();
	} else if (k.machine != 0) {
		abort();
	}
	free(copy);
	return 0;
}
