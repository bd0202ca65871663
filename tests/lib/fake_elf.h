/* SPDX-License-Identifier: MIT */
/* fake_elf.h - small ELF files for tests: a module with a .modinfo, a program with headers only */
#ifndef STOREBOOT_TESTS_FAKE_ELF_H
#define STOREBOOT_TESTS_FAKE_ELF_H

#include <elf.h>
#include <string.h>

#include "init/lib/str.h"

#define FAKE_NAMES "\0.modinfo\0.shstrtab"

/* A module of machine, built for release, with padding bytes of content after its strings. */
static inline int fake_module(const char *release, unsigned int machine, size_t padding,
			      struct buf *ret)
{
	_cleanup_buf_ struct buf info = { 0 };
	Elf64_Ehdr h = { .e_ident = ELFMAG,
			 .e_type = ET_REL,
			 .e_version = EV_CURRENT,
			 .e_ehsize = sizeof(h),
			 .e_shentsize = sizeof(Elf64_Shdr),
			 .e_shnum = 3,
			 .e_shstrndx = 2 };
	Elf64_Shdr s[3] = { { 0 } };
	int r = buf_addf(&info, "license=GPL%cvermagic=%s SMP mod_unload %c", 0, release, 0);

	for (size_t i = 0; i < padding && r == 0; i++)
		r = buf_addf(&info, "%c", (int)('a' + i % 26));
	if (r < 0)
		return r;
	h.e_machine = (Elf64_Half)machine;
	h.e_ident[EI_CLASS] = ELFCLASS64;
	h.e_ident[EI_DATA] = ELFDATA2LSB;
	s[1] = (Elf64_Shdr){
		.sh_name = 1, .sh_type = SHT_PROGBITS, .sh_offset = sizeof(h), .sh_size = info.len
	};
	s[2] = (Elf64_Shdr){ .sh_name = 10,
			     .sh_type = SHT_STRTAB,
			     .sh_offset = sizeof(h) + info.len,
			     .sh_size = sizeof(FAKE_NAMES) };
	h.e_shoff = s[2].sh_offset + s[2].sh_size;
	r = buf_add(ret, &h, sizeof(h));
	if (r == 0)
		r = buf_add(ret, info.data, info.len);
	if (r == 0)
		r = buf_add(ret, FAKE_NAMES, sizeof(FAKE_NAMES));
	return r < 0 ? r : buf_add(ret, s, sizeof(s));
}

/* A program of machine; type: of its one segment (PT_LOAD, or PT_INTERP for a dynamic one). */
static inline int fake_program(unsigned int machine, unsigned int type, struct buf *ret)
{
	Elf64_Ehdr h = { .e_ident = ELFMAG,
			 .e_type = ET_EXEC,
			 .e_version = EV_CURRENT,
			 .e_ehsize = sizeof(h),
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = 1,
			 .e_phoff = sizeof(h) };
	Elf64_Phdr p = { .p_type = type };
	int r;

	h.e_machine = (Elf64_Half)machine;
	h.e_ident[EI_CLASS] = ELFCLASS64;
	h.e_ident[EI_DATA] = ELFDATA2LSB;
	r = buf_add(ret, &h, sizeof(h));
	return r < 0 ? r : buf_add(ret, &p, sizeof(p));
}

#endif
