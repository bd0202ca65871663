/* SPDX-License-Identifier: MIT */
/* kernel.c - tests of recognising kernels, modules and programs by their bytes */
#include "host/initrd/kernel.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/initrd/compress.h"
#include "host/initrd/module_elf.h"
#include "init/lib/file.h"
#include "tests/lib/fake_elf.h"
#include "tests/lib/test.h"

/* A file system that maps no file: this program's mmap stands before libc's. */
static bool no_mmap;

void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	if (no_mmap && fd >= 0) {
		errno = ENODEV;
		return MAP_FAILED;
	}
	return (void *)syscall(SYS_mmap, at, len, prot, flags, fd, offset);
}

#define BANNER "Linux version 6.6.1-arm (root@host) #1 SMP"

/* A bzImage of one setup sector and 64 bytes of kernel. */
static void bzimage(struct buf *b, const char *version)
{
	uint8_t d[2 * 512 + 64] = { 0 };

	d[0x1f1] = 1; /* setup_sects */
	d[0x1f4] = 4; /* syssize, in 16 bytes */
	memcpy(d + 0x202, "HdrS", 4);
	d[0x206] = 0x0f; /* protocol 2.15 */
	d[0x207] = 0x02;
	d[0x236] = 1; /* xloadflags: 64-bit */
	if (version) {
		d[0x20e] = 0x00; /* version's place, less 0x200 */
		d[0x20f] = 0x01;
		memcpy(d + 0x300, version, strlen(version) + 1);
	}
	CHECK_INT(buf_add(b, d, sizeof(d)), 0);
}

static void bzimage_tells_its_release(void)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct kernel k;

	bzimage(&b, "6.1.0-9-amd64 (me@here) #1");
	CHECK_INT(kernel_parse(b.data, b.len, &k), 0);
	CHECK_STR(k.release, "6.1.0-9-amd64");
	CHECK_INT(k.machine, EM_X86_64);
}

static void bzimage_tells_its_width(void)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct kernel k;

	bzimage(&b, "6.1.0-9-686");
	b.data[0x236] = 0;
	CHECK_INT(kernel_parse(b.data, b.len, &k), 0);
	CHECK_INT(k.machine, EM_386);
	CHECK(!k.packed);
}

static void bzimage_without_a_version(void)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct kernel k;

	bzimage(&b, NULL);
	CHECK_INT(kernel_parse(b.data, b.len, &k), 0);
	CHECK_STR(k.release, "");
}

static void version_beyond_the_setup_is_refused(void)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct kernel k = { .release = "untouched" };

	bzimage(&b, "6.1 x");
	b.data[0x20f] = 0x70;
	CHECK_INT(kernel_parse(b.data, b.len, &k), -ENOEXEC);
	CHECK_STR(k.release, "untouched");
}

static void cut_bzimage_is_seen(void)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct kernel k;

	bzimage(&b, "6.1 x");
	for (size_t len = 0x206; len < b.len; len++)
		CHECK_INT(kernel_parse(b.data, len, &k), -ENODATA);
	for (size_t len = 0; len < 0x206; len++)
		CHECK_INT(kernel_parse(b.data, len, &k), -ENOEXEC);
}

static void image(struct buf *b, const char *magic)
{
	char head[64] = { 0 };

	memcpy(head + 0x38, magic, 4);
	CHECK_INT(buf_add(b, head, sizeof(head)), 0);
	/* The format string comes first in a real one and is no version. */
	CHECK_INT(buf_add(b, "Linux version %s\0" BANNER, sizeof("Linux version %s\0" BANNER)), 0);
}

static void images_are_searched_for_the_banner(void)
{
	static const struct {
		const char *magic;
		unsigned int machine;
	} kinds[] = { { "ARM\x64", EM_AARCH64 }, { "RSC\x05", EM_RISCV } };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_buf_ struct buf b = { 0 };
		struct kernel k;

		image(&b, kinds[i].magic);
		CHECK_INT(kernel_parse(b.data, b.len, &k), 0);
		CHECK_STR(k.release, "6.6.1-arm");
		CHECK_INT(k.machine, kinds[i].machine);
		CHECK(!k.page_16k);
		b.data[24] = 2 << 1; /* arm64's flags: pages of 16 KiB */
		CHECK_INT(kernel_parse(b.data, b.len, &k), 0);
		CHECK_INT(k.page_16k, k.machine == EM_AARCH64);
		CHECK_INT(kernel_parse(b.data, 64, &k), -ENODATA);
	}
}

static void packed_images_are_unpacked(void)
{
	for (enum compression how = COMPRESS_GZIP; how <= COMPRESS_ZSTD; how++) {
		_cleanup_buf_ struct buf b = { 0 }, packed = { 0 }, twice = { 0 };
		struct kernel k;

		image(&b, "ARM\x64");
		CHECK_INT(compress_buf(how, b.data, b.len, &packed), 0);
		CHECK_INT(kernel_parse(packed.data, packed.len, &k), 0);
		CHECK_STR(k.release, "6.6.1-arm");
		CHECK(k.packed);
		CHECK_INT(kernel_parse(packed.data, packed.len / 2, &k), -ENODATA);
		CHECK_INT(compress_buf(how, packed.data, packed.len, &twice), 0);
		CHECK_INT(kernel_parse(twice.data, twice.len, &k), -ENOEXEC);
	}
}

/* An EFI zboot with an Image packed in it; ret_image: the Image. */
static void zboot(struct buf *z, struct buf *ret_image)
{
	_cleanup_buf_ struct buf packed = { 0 };
	uint8_t head[64] = { 'M', 'Z', 0, 0, 'z', 'i', 'm', 'g', 64 };

	image(ret_image, "ARM\x64");
	CHECK_INT(compress_buf(COMPRESS_ZSTD, ret_image->data, ret_image->len, &packed), 0);
	head[12] = (uint8_t)packed.len;
	CHECK(packed.len < 256);
	CHECK_INT(buf_add(z, head, sizeof(head)), 0);
	CHECK_INT(buf_add(z, packed.data, packed.len), 0);
}

static void zboot_is_unpacked(void)
{
	_cleanup_buf_ struct buf b = { 0 }, z = { 0 };
	struct kernel k;

	zboot(&z, &b);
	CHECK_INT(kernel_parse(z.data, z.len, &k), 0);
	CHECK_STR(k.release, "6.6.1-arm");
	CHECK_INT(kernel_parse(z.data, z.len - 1, &k), -ENODATA);
}

/* What QEMU is given is the Image itself. */
static void the_image_of_a_packed_kernel(void)
{
	_cleanup_buf_ struct buf b = { 0 }, z = { 0 }, out = { 0 };
	_cleanup_close_ int fd = memfd_create("zboot", 0);
	struct err e = { 0 };
	char path[64];

	zboot(&z, &b);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_INT(file_write_all(fd, z.data, z.len), 0);
	CHECK_INT(kernel_unpack(path, &out, &e), 0);
	CHECK_INT(out.len, b.len);
	CHECK(out.len == b.len && memcmp(out.data, b.data, b.len) == 0);
	CHECK_INT(ftruncate(fd, (off_t)z.len - 1), 0);
	CHECK_INT(kernel_unpack(path, &out, &e), -ENODATA);
	CHECK(strstr(e.text, "is cut short"));
}

static void a_kernel_where_no_file_is_mapped(void)
{
	no_mmap = true;
	the_image_of_a_packed_kernel();
	no_mmap = false;
}

static void a_program_is_no_kernel(void)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct kernel k;

	CHECK_INT(fake_program(EM_X86_64, PT_LOAD, &b), 0);
	CHECK_INT(kernel_parse(b.data, b.len, &k), -ENOEXEC);
	CHECK_INT(buf_add(&b, BANNER, sizeof(BANNER)), 0);
	CHECK_INT(kernel_parse(b.data, b.len, &k), 0);
	CHECK_STR(k.release, "6.6.1-arm");
	CHECK_INT(kernel_parse("#!/bin/sh\n", 10, &k), -ENOEXEC);
	CHECK_INT(kernel_parse("", 0, &k), -ENOEXEC);
}

static void errors_name_the_file(void)
{
	struct err e = { 0 };
	struct kernel k;

	CHECK(kernel_read("/nonexistent/k", &k, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_STR(e.text, "cannot open the kernel /nonexistent/k: No such file or directory");
	CHECK(kernel_read("/", &k, &e) < 0);
	CHECK_STR(e.text, "kernel / is not a file");
}

static void module_says_its_kernel(void)
{
	static const unsigned int machines[] = { EM_X86_64, EM_386 }; /* of either width */

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		_cleanup_buf_ struct buf b = { 0 };
		struct elf_module m = { 0 };

		CHECK_INT(fake_module("6.1.0-9-amd64", machines[i], 10, &b), 0);
		CHECK_INT(elf_module(b.data, b.len, &m), ELF_OK);
		CHECK_INT(m.machine, machines[i]);
		CHECK(m.release_len == 13 && memcmp(m.release, "6.1.0-9-amd64", 13) == 0);
		for (size_t len = 0; len < b.len; len++)
			CHECK(elf_module(b.data, len, &m) != ELF_OK);
	}
}

static void module_signature_is_whole(void)
{
	static const char magic[] = "~Module signature appended~\n";
	char tail[20 + 12] = { 0 }; /* 20 bytes of signature and its description */
	_cleanup_buf_ struct buf b = { 0 };
	struct elf_module m;
	size_t end;

	CHECK_INT(fake_module("6.1", EM_X86_64, 0, &b), 0);
	end = b.len;
	tail[31] = 20;
	CHECK_INT(buf_add(&b, tail, sizeof(tail)), 0);
	CHECK_INT(buf_add(&b, magic, sizeof(magic) - 1), 0);
	CHECK_INT(elf_module(b.data, b.len, &m), ELF_OK);
	for (size_t len = end + 1; len < b.len; len++)
		CHECK_INT(elf_module(b.data, len, &m), ELF_BAD_SIGNATURE);
	b.data[end + 31] = 21;
	CHECK_INT(elf_module(b.data, b.len, &m), ELF_BAD_SIGNATURE);
}

static void program_static_or_not(void)
{
	static const unsigned int machines[] = { EM_AARCH64, EM_386 };

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		_cleanup_buf_ struct buf a = { 0 }, b = { 0 };
		uint16_t machine = 0;
		bool is_static = false;

		CHECK_INT(fake_program(machines[i], PT_LOAD, &a), 0);
		CHECK_INT(elf_program(a.data, a.len, &machine, &is_static), ELF_OK);
		CHECK(is_static && machine == machines[i]);
		CHECK_INT(elf_program(a.data, a.len - 1, &machine, &is_static), ELF_CUT_SHORT);
		CHECK_INT(fake_program(machines[i], PT_INTERP, &b), 0);
		CHECK_INT(elf_program(b.data, b.len, &machine, &is_static), ELF_OK);
		CHECK(!is_static);
	}
}

static void config_beside_the_image_or_the_modules(void)
{
	char dir[] = "/tmp/storeboot-test.XXXXXX", image_path[64];
	_cleanup_close_ int fd = -1;

	CHECK(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK_INT(str_format(image_path, sizeof(image_path), "%s/vmlinuz", dir), 0);
	CHECK_INT(file_replace(fd, "vmlinuz", "x", 1, 0600), 0);
	CHECK_INT(kernel_config(image_path, "6.1", fd, "RD_ZSTD"), -ENOENT);
	CHECK_INT(file_replace(fd, "config", "#\nCONFIG_RD_ZSTD=y\n", 19, 0600), 0);
	CHECK_INT(kernel_config(image_path, "6.1", -1, "RD_ZSTD"), -ENOENT);
	CHECK_INT(kernel_config(image_path, "6.1", fd, "RD_ZSTD"), 1);
	CHECK_INT(kernel_config(image_path, "6.1", fd, "RD_ZST"), 0);
	CHECK_INT(file_replace(fd, "config-6.1", "#\n# CONFIG_RD_ZSTD is not set\n", 30, 0600), 0);
	CHECK_INT(kernel_config(image_path, "6.1", fd, "RD_ZSTD"), 0);
	unlinkat(fd, "vmlinuz", 0);
	unlinkat(fd, "config", 0);
	unlinkat(fd, "config-6.1", 0);
	CHECK_INT(rmdir(dir), 0);
}

int main(void)
{
	RUN(bzimage_tells_its_release);
	RUN(bzimage_tells_its_width);
	RUN(bzimage_without_a_version);
	RUN(version_beyond_the_setup_is_refused);
	RUN(cut_bzimage_is_seen);
	RUN(images_are_searched_for_the_banner);
	RUN(packed_images_are_unpacked);
	RUN(zboot_is_unpacked);
	RUN(the_image_of_a_packed_kernel);
	RUN(a_kernel_where_no_file_is_mapped);
	RUN(a_program_is_no_kernel);
	RUN(errors_name_the_file);
	RUN(module_says_its_kernel);
	RUN(module_signature_is_whole);
	RUN(program_static_or_not);
	RUN(config_beside_the_image_or_the_modules);
	TEST_END();
}
