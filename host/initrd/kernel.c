/* SPDX-License-Identifier: MIT */
/* kernel.c - recognising kernel images */
#include "host/initrd/kernel.h"

#include <ctype.h>
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "host/lib/exit.h"
#include "host/initrd/decompress.h"
#include "init/lib/file.h"

#define UNPACKED_MAX ((size_t)256 << 20)
#define CONFIG_MAX ((size_t)16 << 20)
#define XLF_KERNEL_64 1

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

/* Takes the first word of text, which ends at a space or a NUL. */
static int set_release(const uint8_t *text, size_t len, struct kernel *k)
{
	size_t n = 0;

	while (n < len && isgraph(text[n]))
		n++;
	if (n == 0 || n == len || n >= sizeof(k->release))
		return -ENOEXEC;
	memcpy(k->release, text, n);
	k->release[n] = '\0';
	return 0;
}

/* Every kernel holds its banner, "Linux version RELEASE (...)" (init/version.c). */
static int find_banner(const uint8_t *data, size_t len, struct kernel *k)
{
	static const char banner[] = "Linux version ";
	size_t n = sizeof(banner) - 1;
	const uint8_t *p = data, *end = data + len;

	while ((p = memmem(p, (size_t)(end - p), banner, n))) {
		p += n;
		if (p < end && isdigit(*p) && set_release(p, (size_t)(end - p), k) == 0)
			return 0;
	}
	return -ENOEXEC;
}

/* Since boot protocol 2.10: it unpacks itself at pref_address or above, and uses init_size
 * bytes. */
static uint64_t bzimage_memory(const uint8_t *d, size_t len)
{
	if (len < 0x264 || le16(d + 0x206) < 0x20a)
		return 0;
	return (uint64_t)le32(d + 0x258) + le32(d + 0x260);
}

/* Documentation/arch/x86/boot.rst: the header's fields by offset. */
static int parse_bzimage(const uint8_t *d, size_t len, struct kernel *k)
{
	size_t setup, text, protected_mode;

	if (len < 0x250)
		return -ENODATA;
	setup = (size_t)(d[0x1f1] ? d[0x1f1] : 4) * 512 + 512; /* setup_sects and the boot sector */
	text = (size_t)le16(d + 0x20e);			       /* kernel_version */
	protected_mode = le16(d + 0x206) >= 0x204 ? (size_t)le32(d + 0x1f4) * 16 : 0; /* syssize */
	if (len < setup || len - setup < protected_mode)
		return -ENODATA;
	/* xloadflags, since boot protocol 2.12; storeboot-init needs a far newer kernel. */
	k->machine = le16(d + 0x206) >= 0x20c && !(d[0x236] & XLF_KERNEL_64) ? EM_386 : EM_X86_64;
	if (text == 0)
		return 0;
	text += 0x200;
	k->memory = bzimage_memory(d, len);
	if (text >= setup)
		return -ENOEXEC;
	return set_release(d + text, setup - text, k);
}

static int parse_vmlinux(const uint8_t *d, size_t len, struct kernel *k)
{
	if (len < sizeof(Elf64_Ehdr) || d[EI_DATA] != ELFDATA2LSB)
		return -ENOEXEC;
	/* The offset is the same in 32-bit files. */
	k->machine = le16(d + offsetof(Elf64_Ehdr, e_machine));
	/* Any program is an ELF file; only a kernel has the banner. */
	return find_banner(d, len, k);
}

/* Documentation/arch/arm64/booting.rst, Documentation/arch/riscv/boot-image-header.rst. */
static int parse_arm64(const uint8_t *d, size_t len, struct kernel *k)
{
	k->machine = EM_AARCH64;
	k->page_16k = (d[0x18] >> 1 & 3) == 2; /* flags */
	k->memory = le32(d + 0x10);	       /* image_size, low half of 8 bytes */
	return find_banner(d, len, k) == 0 ? 0 : -ENODATA;
}

static int parse_riscv(const uint8_t *d, size_t len, struct kernel *k)
{
	k->machine = EM_RISCV;
	k->memory = len >= 0x18 ? le32(d + 0x10) : 0; /* image_size, low half */
	return find_banner(d, len, k) == 0 ? 0 : -ENODATA;
}

static bool has(const uint8_t *d, size_t len, size_t at, const char *magic, size_t n)
{
	return len >= at + n && memcmp(d + at, magic, n) == 0;
}

/*
 * Finds the compressed image in a packed kernel: the whole file, or a part of an EFI zboot
 * (drivers/firmware/efi/libstub/zboot-header.S). Returns 1, 0 if the kernel is not packed, or
 * -errno.
 */
static int find_packed(const uint8_t *d, size_t len, const uint8_t **ret, size_t *ret_len)
{
	size_t offset = 0, size = len;

	if (has(d, len, 4, "zimg", 4)) {
		if (len < 0x40)
			return -ENODATA;
		offset = le32(d + 8);
		size = le32(d + 12);
		if (offset > len || size > len - offset)
			return -ENODATA;
		if (!decompress_known(d + offset, size))
			return -ENOEXEC;
	}
	*ret = d + offset;
	*ret_len = size;
	return decompress_known(d + offset, size);
}

static int parse_plain(const uint8_t *d, size_t len, struct kernel *k)
{
	static const struct {
		size_t at;
		const char *magic;
		int (*parse)(const uint8_t *d, size_t len, struct kernel *k);
	} kinds[] = {
		{ 0x202, "HdrS", parse_bzimage },
		{ 0x38, "ARM\x64", parse_arm64 },
		{ 0x38, "RSC\x05", parse_riscv },
		{ 0, ELFMAG, parse_vmlinux },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (has(d, len, kinds[i].at, kinds[i].magic, 4))
			return kinds[i].parse(d, len, k);
	return -ENOEXEC;
}

static int unpack(const void *data, size_t len, struct buf *ret)
{
	const uint8_t *packed;
	size_t n;
	int r = find_packed(data, len, &packed, &n);

	if (r <= 0)
		return r < 0 ? r : -ENOEXEC;
	return decompress_buf(packed, n, UNPACKED_MAX, ret);
}

int kernel_parse(const void *data, size_t len, struct kernel *ret)
{
	_cleanup_buf_ struct buf plain = { 0 };
	struct kernel k = { 0 };
	const uint8_t *packed;
	size_t n;
	int r = find_packed(data, len, &packed, &n);

	if (r == 1) {
		k.packed = true;
		r = decompress_buf(packed, n, UNPACKED_MAX, &plain);
		if (r == 0)
			r = parse_plain((const uint8_t *)plain.data, plain.len, &k);
	} else if (r == 0) {
		r = parse_plain(data, len, &k);
	}
	if (r == 0)
		*ret = k;
	return r;
}

static int bad_kernel(const char *path, int r, struct err *e)
{
	const char *why = r == -ENOEXEC ? "is not a Linux kernel (bzImage, Image or vmlinux)" :
					  decompress_why(r);

	return err_exit(e, EXIT_BAD_INPUT, r, "kernel %s %s", path, why);
}

/* Reads the file into memory that munmap(2) frees, like a mapping. Returns MAP_FAILED with
 * errno. */
static void *read_whole(int fd, size_t len)
{
	void *data = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int r = data == MAP_FAILED ? 0 : file_pread_all(fd, data, len, 0);

	if (r == 0)
		return data;
	munmap(data, len);
	errno = -r;
	return MAP_FAILED;
}

/* Mapped, not read: only the first pages of a bzImage are used. Some file systems cannot map
 * files. */
static int map(const char *path, void **ret, size_t *ret_len, struct err *e)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_exit(e, EXIT_BAD_INPUT, errno, "cannot open the kernel %s: %s", path,
				strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_exit(e, EXIT_BAD_INPUT, EINVAL, "kernel %s is not a file", path);
	if (st.st_size == 0)
		return err_exit(e, EXIT_BAD_INPUT, ENODATA, "kernel %s is empty", path);
	*ret_len = (size_t)st.st_size;
	*ret = mmap(NULL, *ret_len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (*ret == MAP_FAILED && (errno == ENODEV || errno == EINVAL))
		*ret = read_whole(fd, *ret_len);
	if (*ret == MAP_FAILED)
		return err_exit(e, EXIT_BAD_INPUT, errno, "cannot read the kernel %s: %s", path,
				strerror(errno));
	return 0;
}

int kernel_read(const char *path, struct kernel *ret, struct err *e)
{
	void *data;
	size_t len;
	int r = map(path, &data, &len, e);

	if (r < 0)
		return r;
	r = kernel_parse(data, len, ret);
	munmap(data, len);
	return r < 0 ? bad_kernel(path, r, e) : 0;
}

int kernel_unpack(const char *path, struct buf *ret, struct err *e)
{
	void *data;
	size_t len;
	int r = map(path, &data, &len, e);

	if (r < 0)
		return r;
	r = unpack(data, len, ret);
	munmap(data, len);
	return r < 0 ? bad_kernel(path, r, e) : 0;
}

static bool config_has(const struct buf *text, const char *option)
{
	char line[128];

	/* The file starts with a comment, so the line is never the first. */
	return str_format(line, sizeof(line), "\nCONFIG_%s=y\n", option) == 0 && text->data &&
	       strstr(text->data, line);
}

static int folder_config(int dir, const char *name, const char *option)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = file_read(dir, name, CONFIG_MAX, &text);

	return r < 0 ? -ENOENT : config_has(&text, option);
}

int kernel_config(const char *image, const char *release, int modules_fd, const char *option)
{
	_cleanup_close_ int dir = -1;
	char name[256], real[PATH_MAX];
	int r = -ENOENT;

	if (image && realpath(image, real)) {
		*(strrchr(real, '/') + 1) = '\0';
		dir = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (dir >= 0 && str_format(name, sizeof(name), "config-%s", release) == 0)
		r = folder_config(dir, name, option);
	if (modules_fd >= 0 && r < 0)
		r = folder_config(modules_fd, "config", option);
	return r;
}
