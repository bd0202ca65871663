/* SPDX-License-Identifier: MIT */
/* initrd.c - tests of the whole initramfs: its bytes and its refusals */
#include "host/initrd/initrd.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "host/lib/exit.h"
#include "tests/lib/fake_initrd.h"

/* The start of a name in the archive; names are followed by a NUL. */
static const char *find(const struct buf *b, const char *name)
{
	return memmem(b->data, b->len, name, strlen(name) + 1);
}

static void holds_what_stage_1_expects(void)
{
	static const char *const names[] = { "dev",
					     "dev/console",
					     "init",
					     "modules",
					     "modules/cifs.ko",
					     "modules/ext4.ko",
					     "modules/nls_iso8859-1.ko",
					     "modules/order",
					     "modules/virtio_blk.ko",
					     "modules/virtio_net.ko",
					     "modules/virtio_pci.ko",
					     "proc",
					     "run",
					     "sys",
					     "sysroot",
					     "TRAILER!!!" };
	static const char order[] = "base virtio_pci.ko\ndisk virtio_blk.ko\nroot ext4.ko\n"
				    "net virtio_net.ko\ncifs cifs.ko\ncifs nls_iso8859-1.ko\n";
	_cleanup_(place_close) struct place p;
	_cleanup_buf_ struct buf b = { 0 };
	const char *last = NULL;
	struct initrd_options o;

	place_open(&p, "", COMPRESS_NONE, false);
	o = options(&p);
	build(&o, &b);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *at = find(&b, names[i]);

		CHECK(at != NULL && at > last);
		last = at;
	}
	CHECK(memmem(b.data, b.len, order, sizeof(order) - 1));
}

static void the_host_does_not_show(void)
{
	_cleanup_(place_close) struct place p, q;
	_cleanup_buf_ struct buf a = { 0 }, b = { 0 };
	struct initrd_options o;
	mode_t mask;

	place_open(&p, "", COMPRESS_NONE, false);
	mask = umask(077);
	setenv("TZ", "Asia/Kathmandu", 1);
	place_open(&q, "", COMPRESS_NONE, true);
	for (enum compression how = COMPRESS_NONE; how <= COMPRESS_ZSTD; how++) {
		a.len = b.len = 0;
		o = options(&p);
		o.compression = how;
		build(&o, &a);
		o = options(&q);
		o.compression = how;
		build(&o, &b);
		CHECK(same(&a, &b));
		CHECK_INT(a.len % 4, 0);
	}
	umask(mask);
	unsetenv("TZ");
}

static void packed_modules_are_stored_unpacked(void)
{
	static const struct {
		const char *suffix;
		enum compression how;
	} kinds[] = { { ".gz", COMPRESS_GZIP }, { ".xz", COMPRESS_XZ }, { ".zst", COMPRESS_ZSTD } };
	_cleanup_(place_close) struct place p;
	_cleanup_buf_ struct buf plain = { 0 };
	struct initrd_options o;

	place_open(&p, "", COMPRESS_NONE, false);
	o = options(&p);
	build(&o, &plain);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_(place_close) struct place q;
		_cleanup_buf_ struct buf b = { 0 };

		place_open(&q, kinds[i].suffix, kinds[i].how, false);
		o = options(&q);
		build(&o, &b);
		CHECK(same(&plain, &b));
	}
}

static void without_modules(void)
{
	_cleanup_(place_close) struct place p;
	_cleanup_buf_ struct buf b = { 0 };
	struct initrd_options o;

	place_open(&p, "", COMPRESS_NONE, false);
	o = options(&p);
	o.modules = NULL;
	build(&o, &b);
	CHECK(find(&b, "init") && !find(&b, "modules") && find(&b, "sysroot"));
}

/* What --compress auto comes to, by the archive's first bytes; NULL: there is no configuration. */
static void auto_is(const char *config, const char *magic)
{
	_cleanup_(place_close) struct place p;
	_cleanup_buf_ struct buf b = { 0 };
	struct initrd_options o;

	place_open(&p, "", COMPRESS_NONE, false);
	if (config)
		CHECK_INT(fake_tree_text(&p.tree, MODULES "/config", config), 0);
	o = options(&p);
	o.compression = COMPRESS_AUTO;
	build(&o, &b);
	CHECK(memcmp(b.data, magic, strlen(magic)) == 0);
}

static void auto_is_what_the_kernel_surely_reads(void)
{
	auto_is("#\nCONFIG_RD_GZIP=y\nCONFIG_RD_XZ=y\nCONFIG_RD_ZSTD=y\n", "\x28\xb5\x2f\xfd");
	auto_is("#\nCONFIG_RD_GZIP=y\nCONFIG_RD_XZ=y\n", "\x1f\x8b");
	auto_is("#\n# CONFIG_RD_GZIP is not set\nCONFIG_RD_XZ=y\n", "\xfd"
								    "7zXZ");
	auto_is("#\n# CONFIG_RD_GZIP is not set\nCONFIG_RD_LZ4=y\n", "070701");
	auto_is("#\n", "070701");
	auto_is(NULL, "070701");
}

static void refuse(const struct initrd_options *o, int exit_status, const char *part)
{
	_cleanup_buf_ struct buf b = { 0 }, path = { 0 };
	struct err e = { 0 };

	CHECK(initrd_build(o, &b, &e) < 0);
	CHECK_INT(e.exit_status, exit_status);
	CHECK_HAS(e.text, part);
	CHECK(!strchr(e.text, '\n'));
	CHECK_INT(b.len, 0);
	CHECK(initrd_open(o, &path, &e) < 0);
}

static void a_format_that_the_kernel_cannot_read(void)
{
	_cleanup_(place_close) struct place p;
	struct initrd_options o;

	place_open(&p, "", COMPRESS_NONE, false);
	CHECK_INT(fake_tree_text(&p.tree, MODULES "/config", "#\nCONFIG_RD_LZMA=y\n"), 0);
	o = options(&p);
	o.compression = COMPRESS_GZIP;
	refuse(&o, EXIT_BAD_INPUT,
	       "kernel " FAKE_RELEASE
	       " cannot read an initramfs packed by gzip: it lacks CONFIG_RD_GZIP");
	o.compression = COMPRESS_XZ;
	refuse(&o, EXIT_BAD_INPUT, "it lacks CONFIG_RD_XZ");
	o.compression = COMPRESS_ZSTD;
	refuse(&o, EXIT_BAD_INPUT, "it lacks CONFIG_RD_ZSTD");
}

static void bad_init_programs(void)
{
	_cleanup_(place_close) struct place p;
	_cleanup_buf_ struct buf dynamic = { 0 };
	struct initrd_options o;

	place_open(&p, "", COMPRESS_NONE, false);
	o = options(&p);
	CHECK_INT(fake_program(EM_X86_64, PT_INTERP, &dynamic), 0);
	CHECK_INT(fake_tree_write(&p.tree, "init", dynamic.data, dynamic.len), 0);
	refuse(&o, EXIT_BAD_INPUT, "is linked dynamically");
	CHECK_INT(fake_tree_text(&p.tree, "init", "#!/bin/sh\n"), 0);
	refuse(&o, EXIT_BAD_INPUT, "/init is not a little-endian ELF file");
	o.init_program = "/nonexistent/init";
	refuse(&o, EXIT_MISSING, "cannot read the init program /nonexistent/init: No such file");
}

static void bad_modules(void)
{
	static const char path[] = MODULES "/kernel/ext4.ko";
	_cleanup_(place_close) struct place p;
	_cleanup_buf_ struct buf good = { 0 }, other = { 0 }, arm = { 0 };
	struct initrd_options o;

	place_open(&p, "", COMPRESS_NONE, false);
	o = options(&p);
	CHECK_INT(fake_module(FAKE_RELEASE, EM_X86_64, 0, &good), 0);
	CHECK_INT(fake_module("6.1.0-8-test", EM_X86_64, 0, &other), 0);
	CHECK_INT(fake_module(FAKE_RELEASE, EM_AARCH64, 0, &arm), 0);
	CHECK_INT(fake_tree_write(&p.tree, path, good.data, good.len - 1), 0);
	refuse(&o, EXIT_BAD_INPUT, "kernel/ext4.ko is cut short");
	CHECK_INT(fake_tree_write(&p.tree, path, "", 0), 0);
	refuse(&o, EXIT_BAD_INPUT, "kernel/ext4.ko is empty");
	CHECK_INT(fake_tree_write(&p.tree, path, other.data, other.len), 0);
	refuse(&o, EXIT_BAD_INPUT, "kernel/ext4.ko is for kernel 6.1.0-8-test, not " FAKE_RELEASE);
	CHECK_INT(fake_tree_write(&p.tree, path, arm.data, arm.len), 0);
	refuse(&o, EXIT_BAD_INPUT, "kernel/ext4.ko is for aarch64, not x86_64");
	CHECK_INT(unlinkat(p.tree.fd, path, 0), 0);
	refuse(&o, EXIT_BAD_INPUT,
	       "kernel/ext4.ko: No such file or directory; modules.dep names it");
}

static void packed_module_cut_short(void)
{
	static const char path[] = MODULES "/kernel/ext4.ko.xz";
	_cleanup_(place_close) struct place p;
	_cleanup_buf_ struct buf b = { 0 };
	struct initrd_options o;

	place_open(&p, ".xz", COMPRESS_XZ, false);
	o = options(&p);
	CHECK_INT(file_read(p.tree.fd, path, 1 << 20, &b), 0);
	CHECK_INT(fake_tree_write(&p.tree, path, b.data, b.len - 20), 0);
	refuse(&o, EXIT_BAD_INPUT, "kernel/ext4.ko.xz is cut short");
	b.data[b.len / 2] ^= 0x55;
	CHECK_INT(fake_tree_write(&p.tree, path, b.data, b.len), 0);
	refuse(&o, EXIT_BAD_INPUT, "kernel/ext4.ko.xz is damaged");
}

static void other_refusals(void)
{
	_cleanup_(place_close) struct place p;
	struct initrd_options o;

	place_open(&p, "", COMPRESS_NONE, false);
	o = options(&p);
	o.version = "5.10";
	refuse(&o, EXIT_BAD_INPUT, "no modules for kernel 5.10 in ");
	o = options(&p);
	o.kernel = p.init;
	refuse(&o, EXIT_BAD_INPUT, "/init is not a Linux kernel");
	o = options(&p);
	o.needs = (const char *[]){ "dusk", NULL };
	refuse(&o, EXIT_USAGE, "unknown need dusk");
	o = options(&p);
	o.modules = NULL;
	o.extra_modules = (const char *[]){ "vfat", NULL };
	refuse(&o, EXIT_USAGE, "module vfat: no folder of modules was given");
}

int main(void)
{
	RUN(holds_what_stage_1_expects);
	RUN(the_host_does_not_show);
	RUN(packed_modules_are_stored_unpacked);
	RUN(without_modules);
	RUN(auto_is_what_the_kernel_surely_reads);
	/* Refusals go through the cache as well; not the user's. */
	unsetenv("HOME");
	unsetenv("XDG_CACHE_HOME");
	RUN(a_format_that_the_kernel_cannot_read);
	RUN(bad_init_programs);
	RUN(bad_modules);
	RUN(packed_module_cut_short);
	RUN(other_refusals);
	TEST_END();
}
