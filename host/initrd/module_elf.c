/* SPDX-License-Identifier: MIT */
/* module_elf.c - bounds-checked reading of ELF headers and of a module's .modinfo */
#include "host/initrd/module_elf.h"

#include <elf.h>
#include <string.h>

#include "init/lib/str.h"

/* 32-bit headers are widened as they are read; unused fields stay 0. */
struct image {
	const uint8_t *data;
	size_t len;
	bool wide; /* 64-bit */
	Elf64_Ehdr header;
};

const char *elf_fault_text(enum elf_fault f)
{
	static const char *const texts[] = {
		[ELF_OK] = "is well",
		[ELF_NOT_ELF] = "is not a little-endian ELF file",
		[ELF_CUT_SHORT] = "is cut short",
		[ELF_NO_MODINFO] = "has no .modinfo section, so it is not a kernel module",
		[ELF_NO_VERMAGIC] = "does not say which kernel it is for (no vermagic)",
		[ELF_BAD_SIGNATURE] = "is cut short within its signature, or has junk at its end",
	};

	return texts[f];
}

static bool within(const struct image *m, uint64_t offset, uint64_t len)
{
	return offset <= m->len && len <= m->len - offset;
}

/* Does the section occupy bytes in the file? */
static bool in_file(const Elf64_Shdr *s)
{
	return s->sh_type != SHT_NOBITS && s->sh_type != SHT_NULL;
}

static Elf64_Ehdr header(const uint8_t *data, bool wide)
{
	Elf64_Ehdr h;
	Elf32_Ehdr n;

	if (wide) {
		memcpy(&h, data, sizeof(h));
		return h;
	}
	memcpy(&n, data, sizeof(n));
	return (Elf64_Ehdr){ .e_machine = n.e_machine,
			     .e_phoff = n.e_phoff,
			     .e_phentsize = n.e_phentsize,
			     .e_phnum = n.e_phnum,
			     .e_shoff = n.e_shoff,
			     .e_shentsize = n.e_shentsize,
			     .e_shnum = n.e_shnum,
			     .e_shstrndx = n.e_shstrndx };
}

static enum elf_fault open_image(const void *data, size_t len, struct image *ret)
{
	const uint8_t *ident = data;
	bool wide;

	if (len < SELFMAG || memcmp(ident, ELFMAG, SELFMAG) != 0)
		return ELF_NOT_ELF;
	if (len < EI_NIDENT)
		return ELF_CUT_SHORT;
	wide = ident[EI_CLASS] == ELFCLASS64;
	if ((!wide && ident[EI_CLASS] != ELFCLASS32) || ident[EI_DATA] != ELFDATA2LSB)
		return ELF_NOT_ELF;
	if (len < (wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
		return ELF_CUT_SHORT;
	*ret = (struct image){ data, len, wide, header(data, wide) };
	return ELF_OK;
}

static size_t section_size(const struct image *m)
{
	return m->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
}

static Elf64_Shdr section(const struct image *m, size_t i)
{
	const uint8_t *at = m->data + m->header.e_shoff + i * section_size(m);
	Elf64_Shdr s;
	Elf32_Shdr n;

	if (m->wide) {
		memcpy(&s, at, sizeof(s));
		return s;
	}
	memcpy(&n, at, sizeof(n));
	return (Elf64_Shdr){ .sh_name = n.sh_name,
			     .sh_type = n.sh_type,
			     .sh_offset = n.sh_offset,
			     .sh_size = n.sh_size };
}

static size_t segment_size(const struct image *m)
{
	return m->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
}

static Elf64_Phdr segment(const struct image *m, size_t i)
{
	const uint8_t *at = m->data + m->header.e_phoff + i * segment_size(m);
	Elf64_Phdr p;
	Elf32_Phdr n;

	if (m->wide) {
		memcpy(&p, at, sizeof(p));
		return p;
	}
	memcpy(&n, at, sizeof(n));
	return (Elf64_Phdr){ .p_type = n.p_type, .p_offset = n.p_offset, .p_filesz = n.p_filesz };
}

/* Checks that all sections are there. ret_end: the end of the last section or of their table. */
static enum elf_fault check_sections(const struct image *m, size_t *ret_end)
{
	uint64_t table = (uint64_t)m->header.e_shnum * section_size(m), end;

	if (m->header.e_shentsize != section_size(m) || m->header.e_shnum == 0 ||
	    m->header.e_shstrndx >= m->header.e_shnum)
		return ELF_NO_MODINFO;
	if (!within(m, m->header.e_shoff, table))
		return ELF_CUT_SHORT;
	end = m->header.e_shoff + table;
	for (size_t i = 0; i < m->header.e_shnum; i++) {
		Elf64_Shdr s = section(m, i);

		if (!in_file(&s))
			continue;
		if (!within(m, s.sh_offset, s.sh_size))
			return ELF_CUT_SHORT;
		if (s.sh_offset + s.sh_size > end)
			end = s.sh_offset + s.sh_size;
	}
	*ret_end = end;
	return ELF_OK;
}

/* The named section's bytes, or NULL. */
static const char *find_section(const struct image *m, const char *name, size_t *ret_len)
{
	Elf64_Shdr names = section(m, m->header.e_shstrndx);
	size_t name_size = strlen(name) + 1;

	if (!in_file(&names))
		return NULL;
	for (size_t i = 0; i < m->header.e_shnum; i++) {
		Elf64_Shdr s = section(m, i);

		if (!in_file(&s) || s.sh_name >= names.sh_size ||
		    names.sh_size - s.sh_name < name_size ||
		    memcmp(m->data + names.sh_offset + s.sh_name, name, name_size) != 0)
			continue;
		*ret_len = s.sh_size;
		return (const char *)m->data + s.sh_offset;
	}
	return NULL;
}

/*
 * A signed module has, after the ELF file, the signature, its description (struct module_signature:
 * 12 bytes, the last four of which are the signature's length, big-endian) and a magic string
 * (Documentation/admin-guide/module-signing.rst, include/linux/module_signature.h).
 */
static enum elf_fault check_signature(const uint8_t *tail, size_t len)
{
	static const char magic[] = "~Module signature appended~\n";
	size_t magic_len = sizeof(magic) - 1;
	const uint8_t *n;

	if (len == 0)
		return ELF_OK;
	if (len < magic_len + 12 || memcmp(tail + len - magic_len, magic, magic_len) != 0)
		return ELF_BAD_SIGNATURE;
	n = tail + len - magic_len - 4;
	if (((size_t)n[0] << 24 | n[1] << 16 | n[2] << 8 | n[3]) > len - magic_len - 12)
		return ELF_BAD_SIGNATURE;
	return ELF_OK;
}

/* .modinfo holds NUL-terminated "key=value" strings; ret_len excludes the NUL. */
static const char *modinfo(const char *info, size_t len, const char *key, size_t *ret_len)
{
	size_t key_len = strlen(key);

	while (len > 0) {
		size_t n = strnlen(info, len);

		if (n > key_len && memcmp(info, key, key_len) == 0 && info[key_len] == '=') {
			*ret_len = n - key_len - 1;
			return info + key_len + 1;
		}
		if (n == len)
			break;
		info += n + 1;
		len -= n + 1;
	}
	return NULL;
}

enum elf_fault elf_module(const void *data, size_t len, struct elf_module *ret)
{
	const char *info, *magic, *space;
	size_t info_len, magic_len, end;
	struct image m;
	enum elf_fault f = open_image(data, len, &m);

	if (f == ELF_OK)
		f = check_sections(&m, &end);
	if (f == ELF_OK)
		f = check_signature(m.data + end, m.len - end);
	if (f != ELF_OK)
		return f;
	info = find_section(&m, ".modinfo", &info_len);
	if (!info)
		return ELF_NO_MODINFO;
	magic = modinfo(info, info_len, "vermagic", &magic_len);
	if (!magic)
		return ELF_NO_VERMAGIC;
	space = memchr(magic, ' ', magic_len);
	ret->machine = m.header.e_machine;
	ret->release = magic;
	ret->release_len = space ? (size_t)(space - magic) : magic_len;
	return ELF_OK;
}

enum elf_fault elf_program(const void *data, size_t len, uint16_t *ret_machine, bool *ret_static)
{
	bool is_static = true;
	struct image m;
	enum elf_fault f = open_image(data, len, &m);

	if (f != ELF_OK)
		return f;
	if (m.header.e_phentsize != segment_size(&m) || m.header.e_phnum == 0)
		return ELF_NOT_ELF;
	if (!within(&m, m.header.e_phoff, (uint64_t)m.header.e_phnum * segment_size(&m)))
		return ELF_CUT_SHORT;
	for (size_t i = 0; i < m.header.e_phnum; i++) {
		Elf64_Phdr p = segment(&m, i);

		if (!within(&m, p.p_offset, p.p_filesz))
			return ELF_CUT_SHORT;
		is_static = is_static && p.p_type != PT_INTERP;
	}
	*ret_machine = m.header.e_machine;
	*ret_static = is_static;
	return ELF_OK;
}
