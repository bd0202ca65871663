/* SPDX-License-Identifier: MIT */
/* initrd.c - tests of the whole initramfs: its bytes, its refusals, its cache */
#include "host/initrd/initrd.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "host/lib/cache.h"
#include "host/lib/exit.h"
#include "tests/lib/fake_tree.h"
#include "tests/lib/test.h"

#define MODULES "lib/modules/" FAKE_RELEASE

/* A tree, an init program and a cache folder, all below one root. */
struct place {
	struct fake_tree tree;
	char init[96];
};

static void place_close(struct place *p)
{
	fake_tree_close(&p->tree);
}

static const char *const module_names[] = { "virtio_pci", "virtio_blk", "virtio_net",
					    "ext4",	  "cifs",	"nls_iso8859-1" };

/* suffix and how: as the modules lie in the tree; backwards: made in the other order. */
static void place_open(struct place *p, const char *suffix, enum compression how, bool backwards)
{
	_cleanup_buf_ struct buf dep = { 0 }, init = { 0 };
	size_t n = ARRAY_SIZE(module_names);

	CHECK_INT(fake_tree_open(&p->tree), 0);
	for (size_t i = 0; i < n; i++) {
		char path[128];

		CHECK_INT(str_format(path, sizeof(path), MODULES "/kernel/%s.ko%s",
				     module_names[backwards ? n - 1 - i : i], suffix),
			  0);
		CHECK_INT(fake_tree_module(&p->tree, path, how), 0);
	}
	for (size_t i = 0; i < n; i++)
		CHECK_INT(buf_addf(&dep, "kernel/%s.ko%s:%s%s\n", module_names[i], suffix,
				   i == 1 ? " kernel/virtio_pci.ko" : "", i == 1 ? suffix : ""),
			  0);
	CHECK_INT(fake_tree_write(&p->tree, MODULES "/modules.dep", dep.data, dep.len), 0);
	CHECK_INT(fake_program(EM_X86_64, PT_LOAD, &init), 0);
	CHECK_INT(fake_tree_write(&p->tree, "init", init.data, init.len), 0);
	CHECK_INT(str_format(p->init, sizeof(p->init), "%s/init", p->tree.root), 0);
}

static struct initrd_options options(const struct place *p)
{
	return (struct initrd_options){
		.modules = p->tree.root,
		.init_program = p->init,
		.compression = COMPRESS_NONE,
	};
}

static void build(const struct initrd_options *o, struct buf *ret)
{
	struct err e = { 0 };

	CHECK_INT(initrd_build(o, ret, &e), 0);
	CHECK_STR(e.text, "");
}

static bool same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

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

/* Opens through the cache and compares with what initrd_build makes. */
static void open_and_compare(const struct initrd_options *o, struct buf *path)
{
	_cleanup_buf_ struct buf want = { 0 }, got = { 0 };
	struct err e = { 0 };
	_cleanup_close_ int fd = initrd_open(o, path, &e);

	CHECK(fd >= 0);
	CHECK_STR(e.text, "");
	build(o, &want);
	CHECK_INT(file_read_fd(fd, 1 << 20, &got), 0);
	CHECK(same(&want, &got));
	got.len = 0;
	CHECK_INT(file_read(AT_FDCWD, path->data, 1 << 20, &got), 0);
	CHECK(same(&want, &got));
}

static void cache_hits_and_mends(void)
{
	_cleanup_(place_close) struct place p;
	_cleanup_buf_ struct buf a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
	struct initrd_options o;
	struct stat before, after;

	place_open(&p, "", COMPRESS_NONE, false);
	o = options(&p);
	setenv("XDG_CACHE_HOME", p.tree.root, 1);
	open_and_compare(&o, &a);
	CHECK_INT(stat(a.data, &before), 0);
	CHECK_INT(before.st_mode & 0777, 0600);
	open_and_compare(&o, &b);
	CHECK_STR(b.data, a.data);
	CHECK_INT(stat(b.data, &after), 0);
	CHECK_INT(after.st_ino, before.st_ino);
	/* One byte changed, then the file cut: each time it is made again under the same name. */
	CHECK_INT(truncate(a.data, before.st_size - 4), 0);
	open_and_compare(&o, &c);
	CHECK_STR(c.data, a.data);
	CHECK_INT(file_write(AT_FDCWD, a.data, "X", 1), 0);
	open_and_compare(&o, &d);
	CHECK_STR(d.data, a.data);
	unsetenv("XDG_CACHE_HOME");
}

static void cache_knows_each_input(void)
{
	_cleanup_(place_close) struct place p;
	struct buf paths[4] = { { 0 } };
	struct initrd_options o;

	place_open(&p, "", COMPRESS_NONE, false);
	setenv("XDG_CACHE_HOME", p.tree.root, 1);
	o = options(&p);
	open_and_compare(&o, &paths[0]);
	o.needs = (const char *[]){ "disk", NULL };
	open_and_compare(&o, &paths[1]);
	o.compression = COMPRESS_GZIP;
	open_and_compare(&o, &paths[2]);
	CHECK_INT(fake_tree_module(&p.tree, MODULES "/kernel/virtio_blk.ko", COMPRESS_XZ), 0);
	open_and_compare(&o, &paths[3]);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		for (size_t j = 0; j < i; j++)
			CHECK(strncmp(strrchr(paths[i].data, '/'), strrchr(paths[j].data, '/'),
				      65) != 0);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		buf_free(&paths[i]);
	unsetenv("XDG_CACHE_HOME");
}

static size_t count_files(const char *path)
{
	_cleanup_closedir_ DIR *d = opendir(path);
	size_t n = 0;

	for (const struct dirent *e; d && (e = readdir(d));)
		n += e->d_name[0] != '.';
	return n;
}

static void cache_stays_small(void)
{
	_cleanup_(fake_tree_close) struct fake_tree t = { .fd = -1 };
	_cleanup_buf_ struct buf path = { 0 };
	_cleanup_close_ int dir = -1;
	char key[CACHE_KEY_SIZE] = "";

	CHECK_INT(fake_tree_open(&t), 0);
	setenv("XDG_CACHE_HOME", t.root, 1);
	dir = cache_open("test", &path);
	CHECK(dir >= 0);
	for (int i = 0; i < CACHE_FILES_MAX + 5; i++) {
		_cleanup_buf_ struct buf name = { 0 };
		_cleanup_close_ int fd = -1;
		const struct timespec old[2] = { { 1000 + i, 0 }, { 1000 + i, 0 } };

		CHECK_INT(str_format(key, sizeof(key), "%064d", i), 0);
		fd = cache_store(dir, key, &i, sizeof(i), &name);
		CHECK(fd >= 0);
		CHECK_INT(futimens(fd, old), 0);
	}
	CHECK_INT(count_files(path.data), CACHE_FILES_MAX);
	for (int i = 0; i < CACHE_FILES_MAX + 5; i++) {
		_cleanup_buf_ struct buf name = { 0 };
		_cleanup_close_ int fd = -1;

		CHECK_INT(str_format(key, sizeof(key), "%064d", i), 0);
		fd = cache_find(dir, key, &name);
		CHECK_INT(fd < 0, i < 5);
	}
	unsetenv("XDG_CACHE_HOME");
}

static void no_cache_is_no_failure(void)
{
	_cleanup_(place_close) struct place p;
	_cleanup_buf_ struct buf home = { 0 }, none = { 0 }, path = { 0 }, open_folder = { 0 };
	_cleanup_buf_ struct buf theirs = { 0 };
	struct initrd_options o;
	const char *old = getenv("HOME");

	CHECK_INT(buf_addf(&home, "%s", old ? old : "/"), 0);
	place_open(&p, "", COMPRESS_NONE, false);
	o = options(&p);
	unsetenv("HOME");
	for (int i = 0; i < 2; i++) {
		_cleanup_buf_ struct buf got = { 0 };
		struct err e = { 0 };
		_cleanup_close_ int fd = initrd_open(&o, &none, &e);

		CHECK(fd >= 0);
		CHECK(str_after(none.data, "/proc/self/fd/"));
		CHECK_INT(file_read(AT_FDCWD, none.data, 1 << 20, &got), 0);
		none.len = 0;
	}
	/* A folder that others may write to is not trusted. */
	setenv("XDG_CACHE_HOME", p.tree.root, 1);
	CHECK_INT(file_mkdirs(p.tree.fd, "storeboot/initrd", 0700), 0);
	CHECK_INT(fchmodat(p.tree.fd, "storeboot/initrd", 0777, 0), 0);
	CHECK_INT(cache_open("initrd", &path), -EPERM);
	/* Nor is another user's, in which nothing may appear either. */
	if (geteuid() == 0) {
		CHECK_INT(file_mkdirs(p.tree.fd, "theirs", 0777), 0);
		CHECK_INT(fchownat(p.tree.fd, "theirs", 1, 1, 0), 0);
		CHECK_INT(buf_addf(&theirs, "%s/theirs", p.tree.root), 0);
		setenv("XDG_CACHE_HOME", theirs.data, 1);
		CHECK_INT(cache_open("initrd", &path), -EPERM);
		CHECK_INT(unlinkat(p.tree.fd, "theirs", AT_REMOVEDIR), 0);
		setenv("XDG_CACHE_HOME", p.tree.root, 1);
	}
	CHECK_INT(fchmodat(p.tree.fd, "storeboot/initrd", 0700, 0), 0);
	{
		_cleanup_close_ int dir = cache_open("initrd", &open_folder);

		CHECK(dir >= 0);
	}
	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", home.data, 1);
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
	RUN(cache_hits_and_mends);
	RUN(cache_knows_each_input);
	RUN(cache_stays_small);
	RUN(no_cache_is_no_failure);
	TEST_END();
}
