/* SPDX-License-Identifier: MIT */
/* module_elf.c - fuzz target: modules and programs for the guest */
#include "host/initrd/module_elf.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_module m = { 0 };
	uint16_t machine;
	bool is_static;
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (elf_module(copy, size, &m) == ELF_OK &&
	    ((const uint8_t *)m.release < copy ||
	     (const uint8_t *)m.release + m.release_len > copy + size))
		abort();
	if (elf_program(copy, size, &machine, &is_static) == ELF_OK && size < 64)
		abort();
	free(copy);
	return 0;
}
