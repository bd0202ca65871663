/* SPDX-License-Identifier: MIT */
/* efi.c - fuzz target: a firmware descriptor, any file in QEMU's folder */
#include "host/qemu/efi.h"

#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned int machines[] = { EM_X86_64, EM_AARCH64, EM_RISCV };
	char *json = strndup((const char *)data, size);

	if (!json)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		const struct arch *arch = arch_find(machines[i]);
		static struct efi efi;
		int r;

		memset(&efi, 'x', sizeof(efi));
		efi.code[0] = efi.variables[0] = '\0';
		r = arch && arch->efi_machine ? efi_descriptor(json, arch, &efi) : 0;
		if (r == 1 && (!memchr(efi.code, '\0', sizeof(efi.code)) ||
			       !memchr(efi.variables, '\0', sizeof(efi.variables))))
			abort();
	}
	free(json);
	return 0;
}
