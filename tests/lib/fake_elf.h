/* SPDX-License-Identifier: MIT */
/* fake_elf.h - small ELF files for tests: a module with a .modinfo, a program with headers only */
#ifndef STOREBOOT_TESTS_FAKE_ELF_H
#define STOREBOOT_TESTS_FAKE_ELF_H

#include <elf.h>
#include <string.h>

#include "init/lib/str.h"

#define FAKE_NAMES "\0.modinfo\0.shstrtab"

/* The two for one width of ELF. */
#define FAKE_ELF(bits) \
	static inline int fake_module##bits(struct buf *info, unsigned int machine, \
					    struct buf *ret) \
	{ \
		Elf##bits##_Ehdr h = { .e_ident = ELFMAG, \
				       .e_type = ET_REL, \
				       .e_machine = (Elf##bits##_Half)machine, \
				       .e_version = EV_CURRENT, \
				       .e_ehsize = sizeof(h), \
				       .e_shentsize = sizeof(Elf##bits##_Shdr), \
				       .e_shnum = 3, \
				       .e_shstrndx = 2 }; \
		Elf##bits##_Shdr s[3] = { { 0 } }; \
		int r; \
\
		h.e_ident[EI_CLASS] = ELFCLASS##bits; \
		h.e_ident[EI_DATA] = ELFDATA2LSB; \
		s[1].sh_name = 1; \
		s[1].sh_type = SHT_PROGBITS; \
		s[1].sh_offset = sizeof(h); \
		s[1].sh_size = (Elf##bits##_Word)info->len; \
		s[2].sh_name = 10; \
		s[2].sh_type = SHT_STRTAB; \
		s[2].sh_offset = (Elf##bits##_Off)(sizeof(h) + info->len); \
		s[2].sh_size = sizeof(FAKE_NAMES); \
		h.e_shoff = (Elf##bits##_Off)(s[2].sh_offset + s[2].sh_size); \
		r = buf_add(ret, &h, sizeof(h)); \
		if (r == 0) \
			r = buf_add(ret, info->data, info->len); \
		if (r == 0) \
			r = buf_add(ret, FAKE_NAMES, sizeof(FAKE_NAMES)); \
		return r < 0 ? r : buf_add(ret, s, sizeof(s)); \
	} \
	static inline int fake_program##bits(unsigned int machine, unsigned int type, \
					     struct buf *ret) \
	{ \
		Elf##bits##_Ehdr h = { .e_ident = ELFMAG, \
				       .e_type = ET_EXEC, \
				       .e_machine = (Elf##bits##_Half)machine, \
				       .e_version = EV_CURRENT, \
				       .e_ehsize = sizeof(h), \
				       .e_phentsize = sizeof(Elf##bits##_Phdr), \
				       .e_phnum = 1, \
				       .e_phoff = sizeof(h) }; \
		Elf##bits##_Phdr p = { .p_type = type }; \
		int r; \
\
		h.e_ident[EI_CLASS] = ELFCLASS##bits; \
		h.e_ident[EI_DATA] = ELFDATA2LSB; \
		r = buf_add(ret, &h, sizeof(h)); \
		return r < 0 ? r : buf_add(ret, &p, sizeof(p)); \
	}

FAKE_ELF(32)
FAKE_ELF(64)
#undef FAKE_ELF

/* A module of machine, built for release, with padding bytes of content after its strings. */
static inline int fake_module(const char *release, unsigned int machine, size_t padding,
			      struct buf *ret)
{
	_cleanup_buf_ struct buf info = { 0 };
	int r = buf_addf(&info, "license=GPL%cvermagic=%s SMP mod_unload %c", 0, release, 0);

	for (size_t i = 0; i < padding && r == 0; i++)
		r = buf_addf(&info, "%c", (int)('a' + i % 26));
	if (r < 0)
		return r;
	return machine == EM_386 ? fake_module32(&info, machine, ret) :
				   fake_module64(&info, machine, ret);
}

/* A program of machine; type: of its one segment (PT_LOAD, or PT_INTERP for a dynamic one). */
static inline int fake_program(unsigned int machine, unsigned int type, struct buf *ret)
{
	return machine == EM_386 ? fake_program32(machine, type, ret) :
				   fake_program64(machine, type, ret);
}

#endif
