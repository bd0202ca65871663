/* SPDX-License-Identifier: MIT */
/* elf.c - bounds-checked reading of ELF headers and of a module's .modinfo */
#include "host/initrd/elf.h"

#include <elf.h>
#include <string.h>

#include "init/lib/str.h"

struct image {
	const uint8_t *data;
	size_t len;
	Elf64_Ehdr header;
};

const char *elf_fault_text(enum elf_fault f)
{
	static const char *const texts[] = {
		[ELF_OK] = "is well",
		[ELF_NOT_ELF] = "is not a 64-bit little-endian ELF file",
		[ELF_CUT_SHORT] = "is cut short",
		[ELF_NO_MODINFO] = "has no .modinfo section, so it is not a kernel module",
		[ELF_NO_VERMAGIC] = "does not say which kernel it is for (no vermagic)",
		[ELF_BAD_SIGNATURE] = "is cut short within its signature, or has junk at its end",
	};

	return texts[f];
}

const char *elf_machine_name(uint16_t machine)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} names[] = {
		{ EM_X86_64, "x86_64" },
		{ EM_AARCH64, "aarch64" },
		{ EM_RISCV, "riscv64" },
		{ EM_LOONGARCH, "loongarch64" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return NULL;
}

static bool within(const struct image *m, uint64_t offset, uint64_t len)
{
	return offset <= m->len && len <= m->len - offset;
}

/* Has it bytes in the file? */
static bool in_file(const Elf64_Shdr *s)
{
	return s->sh_type != SHT_NOBITS && s->sh_type != SHT_NULL;
}

static enum elf_fault open_image(const void *data, size_t len, struct image *ret)
{
	struct image m = { .data = data, .len = len };

	if (len < sizeof(m.header))
		return len >= SELFMAG && memcmp(data, ELFMAG, SELFMAG) == 0 ? ELF_CUT_SHORT
									    : ELF_NOT_ELF;
	memcpy(&m.header, data, sizeof(m.header));
	if (memcmp(m.header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    m.header.e_ident[EI_CLASS] != ELFCLASS64 || m.header.e_ident[EI_DATA] != ELFDATA2LSB)
		return ELF_NOT_ELF;
	*ret = m;
	return ELF_OK;
}

static Elf64_Shdr section(const struct image *m, size_t i)
{
	Elf64_Shdr s;

	memcpy(&s, m->data + m->header.e_shoff + i * sizeof(s), sizeof(s));
	return s;
}

/* All sections are there; ret_end: where the last byte that they and their table use is. */
static enum elf_fault check_sections(const struct image *m, size_t *ret_end)
{
	uint64_t table = (uint64_t)m->header.e_shnum * sizeof(Elf64_Shdr), end;

	if (m->header.e_shentsize != sizeof(Elf64_Shdr) || m->header.e_shnum == 0 ||
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
 * A signed module has the signature, its description (struct module_signature, 12 bytes whose last
 * four are the signature's length, big-endian) and a magic string behind the ELF file
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

/* .modinfo is "key=value" strings, each with its NUL; ret_value has none. */
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
	if (m.header.e_phentsize != sizeof(Elf64_Phdr) || m.header.e_phnum == 0)
		return ELF_NOT_ELF;
	if (!within(&m, m.header.e_phoff, (uint64_t)m.header.e_phnum * sizeof(Elf64_Phdr)))
		return ELF_CUT_SHORT;
	for (size_t i = 0; i < m.header.e_phnum; i++) {
		Elf64_Phdr p;

		memcpy(&p, m.data + m.header.e_phoff + i * sizeof(p), sizeof(p));
		if (!within(&m, p.p_offset, p.p_filesz))
			return ELF_CUT_SHORT;
		is_static = is_static && p.p_type != PT_INTERP;
	}
	*ret_machine = m.header.e_machine;
	*ret_static = is_static;
	return ELF_OK;
}
