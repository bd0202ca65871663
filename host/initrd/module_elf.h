/* SPDX-License-Identifier: MIT */
/* module_elf.h - what a kernel module or a program for the guest says of itself */
#ifndef STOREBOOT_HOST_ELF_H
#define STOREBOOT_HOST_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/macro.h"

/* What is wrong with a file, for a person, after its name: "is cut short", ... */
enum elf_fault {
	ELF_OK,
	ELF_NOT_ELF,   /* no little-endian ELF file */
	ELF_CUT_SHORT, /* a table or section lies beyond the end */
	ELF_NO_MODINFO,
	ELF_NO_VERMAGIC,
	ELF_BAD_SIGNATURE, /* bytes behind the ELF file that are no whole module signature */
};

const char *elf_fault_text(enum elf_fault f);

struct elf_module {
	uint16_t machine;    /* EM_X86_64, ... */
	const char *release; /* the first word of vermagic, not NUL-terminated */
	size_t release_len;
};

/* Checks that all of a module (decompressed) is there, and finds the kernel it was built for.
 * Pointers in ret are into data. */
_must_check_ enum elf_fault elf_module(const void *data, size_t len, struct elf_module *ret);

/* Checks a program's headers. ret_static: it names no interpreter (dynamic linker). */
_must_check_ enum elf_fault elf_program(const void *data, size_t len, uint16_t *ret_machine,
					bool *ret_static);

#endif
