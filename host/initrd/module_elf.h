/* SPDX-License-Identifier: MIT */
/* module_elf.h - the ELF headers of a kernel module or of a program for the guest */
#ifndef STOREBOOT_HOST_ELF_H
#define STOREBOOT_HOST_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/macro.h"

/* Faults of a file. elf_fault_text continues a message after the file's name: "is cut short". */
enum elf_fault {
	ELF_OK,
	ELF_NOT_ELF,   /* not a little-endian ELF file */
	ELF_CUT_SHORT, /* a table or section lies beyond the end */
	ELF_NO_MODINFO,
	ELF_NO_VERMAGIC,
	ELF_BAD_SIGNATURE, /* the bytes after the ELF file are not a complete module signature */
};

const char *elf_fault_text(enum elf_fault f);

struct elf_module {
	uint16_t machine;    /* EM_X86_64, ... */
	const char *release; /* the first word of vermagic, not NUL-terminated */
	size_t release_len;
};

/* Checks that a decompressed module is complete, and finds the kernel it was built for. Pointers in
 * ret are into data. */
_must_check_ enum elf_fault elf_module(const void *data, size_t len, struct elf_module *ret);

/* Checks a program's headers. ret_static: it has no interpreter (dynamic linker). */
_must_check_ enum elf_fault elf_program(const void *data, size_t len, uint16_t *ret_machine,
					bool *ret_static);

#endif
