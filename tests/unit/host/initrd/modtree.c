/* SPDX-License-Identifier: MIT */
/* modtree.c - tests of depmod's files, of the layouts of trees, and of the table of needs */
#include "host/initrd/modtree.h"

#include <errno.h>

#include "host/lib/exit.h"
#include "host/initrd/need.h"
#include "tests/lib/fake_tree.h"
#include "tests/lib/test.h"

#define DIR_OF(release) "lib/modules/" release

static int parse(int (*one)(struct buf *, struct modules *, size_t *), const char *text, size_t len,
		 struct modules *ret, size_t *ret_line)
{
	_cleanup_buf_ struct buf b = { 0 };

	return buf_add(&b, text, len) < 0 ? -ENOMEM : one(&b, ret, ret_line);
}

#define PARSE(one, text, ret) parse(one, text, sizeof(text) - 1, ret, &line)

static void names_are_the_kernels(void)
{
	char name[MODULE_NAME_SIZE], longest[80];

	CHECK_INT(module_name("kernel/a/nls_iso8859-1.ko.xz", 28, name), 0);
	CHECK_STR(name, "nls_iso8859_1");
	CHECK_INT(module_name("a-b", 3, name), 0);
	CHECK_STR(name, "a_b");
	CHECK_INT(module_name("", 0, name), -EINVAL);
	CHECK_INT(module_name("a/.ko", 5, name), -EINVAL);
	memset(longest, 'x', sizeof(longest));
	CHECK_INT(module_name(longest, 63, name), 0);
	CHECK_INT(module_name(longest, 64, name), -EINVAL);
}

static void dep_lines(void)
{
	_cleanup_modules_ struct modules m = { 0 };
	size_t line;

	CHECK_INT(PARSE(modules_parse_dep, "k/z-1.ko: k/y.ko k/x.ko\nk/x.ko:\n\nk/y.ko: k/x.ko\n",
			&m),
		  0);
	CHECK_INT(m.n, 3);
	CHECK_STR(modules_find(&m, "z_1")->path, "k/z-1.ko");
	CHECK_STR(modules_find(&m, "z-1")->deps, "k/y.ko k/x.ko");
	CHECK_STR(modules_find(&m, "x")->deps, "");
	CHECK(modules_find(&m, "w") == NULL);
	CHECK(modules_find(&m, "") == NULL);
}

static void bad_dep_lines(void)
{
	struct modules m = { 0 };
	size_t line = 0;

	CHECK_INT(PARSE(modules_parse_dep, "k/x.ko:\nk/y.ko: k/x.k", &m), -ENODATA);
	CHECK_INT(line, 2);
	CHECK_INT(PARSE(modules_parse_dep, "k/x.ko\n", &m), -EBADMSG);
	CHECK_INT(PARSE(modules_parse_dep, "k/x.ko:\nk/\0y.ko:\n", &m), -EBADMSG);
	CHECK_INT(PARSE(modules_parse_dep, ": k/x.ko\n", &m), -EBADMSG);
	CHECK_INT(PARSE(modules_parse_dep, "", &m), 0);
	CHECK_INT(m.n, 0);
	CHECK(modules_find(&m, "x") == NULL);
}

static void builtin_and_modinfo(void)
{
	_cleanup_modules_ struct modules a = { 0 }, b = { 0 };
	struct modules bad = { 0 };
	size_t line;

	CHECK_INT(PARSE(modules_parse_builtin, "kernel/fs/ext4/ext4.ko\nkernel/x-y.ko\n", &a), 0);
	CHECK(modules_find(&a, "ext4") && modules_find(&a, "x_y"));
	CHECK_INT(PARSE(modules_parse_modinfo,
			"ext4.license=GPL\0ext4.alias=ext3\0x_y.file=k/x-y\0", &b),
		  0);
	CHECK_INT(b.n, 2);
	CHECK(modules_find(&b, "ext4") && modules_find(&b, "x-y"));
	CHECK_INT(PARSE(modules_parse_modinfo, "ext4\0", &bad), -EBADMSG);
}

static int collect(void *arg, const char *word, size_t len, bool post)
{
	return buf_addf(arg, "%s%.*s;", post ? ">" : "", (int)len, word);
}

static void softdep_words(void)
{
	static const char text[] = "# comment\n"
				   "softdep a-b pre: x y post: z\n"
				   "softdep other pre: no\n"
				   "softdep\n"
				   "softdep a_b gcm\tccm\n"
				   "alias a_b c\n"
				   "softdep a_b last";
	_cleanup_buf_ struct buf found = { 0 }, none = { 0 };

	CHECK_INT(softdeps_each(text, sizeof(text) - 1, "a_b", collect, &found), 0);
	CHECK_STR(found.data, "x;y;>z;gcm;ccm;last;");
	CHECK_INT(softdeps_each(text, sizeof(text) - 1, "a", collect, &none), 0);
	CHECK_INT(none.len, 0);
}

/* A tree with what 6.1 has in short, at place/FAKE_RELEASE. */
static void small_tree(const struct fake_tree *t, const char *place)
{
	static const struct {
		const char *name;
		const char *text;
	} files[] = {
		{ "modules.dep",
		  "k/ext4.ko: k/mbcache.ko k/jbd2.ko\nk/jbd2.ko:\nk/mbcache.ko:\n"
		  "k/crc32c_generic.ko:\nk/crc32c-intel.ko:\nk/virtio_pci.ko: k/virtio.ko "
		  "k/virtio_ring.ko\nk/virtio.ko: k/virtio_ring.ko\nk/virtio_ring.ko:\n"
		  "k/virtio_blk.ko: k/virtio.ko k/virtio_ring.ko\nk/cifs.ko:\n"
		  "k/nls_iso8859-1.ko:\nk/gcm.ko:\nk/ctr.ko:\nk/ghash-generic.ko:\n"
		  "k/padlock-aes.ko:\nk/late.ko:\nk/broken.ko: k/gone.ko\nk/pvpanic-mmio.ko:\n"
		  "k/pvpanic-pci.ko:\n" },
		{ "modules.builtin", "k/virtio_net.ko\nk/aes_generic.ko\n" },
		{ "modules.softdep",
		  "softdep ext4 pre: crypto-crc32c\nsoftdep jbd2 pre: crypto-crc32c\n"
		  "softdep cifs gcm\nsoftdep cifs aes\nsoftdep cifs nothing\n"
		  "softdep gcm pre: cifs post: late\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char path[256];

		CHECK_INT(str_format(path, sizeof(path), "%s/%s", place, files[i].name), 0);
		CHECK_INT(fake_tree_text(t, path, files[i].text), 0);
	}
}

/* "need:module need:module ..." */
static void resolve_all(bool pci_only, const struct modtree *t, const char *const *needs,
			const char *const *more, const char *const *extra, const char *want)
{
	_cleanup_need_list_ struct need_list l = { 0 };
	_cleanup_buf_ struct buf got = { 0 };
	struct err e = { 0 };

	CHECK_INT(need_resolve(t, pci_only, needs, more, extra, &l, &e), 0);
	CHECK_STR(e.text, "");
	for (size_t i = 0; i < l.n; i++)
		CHECK_INT(
			buf_addf(&got, "%s%s:%s", i ? " " : "", l.v[i].needs, l.v[i].module->name),
			0);
	CHECK_STR(got.data, want);
}

static void resolve_more(const struct modtree *t, const char *const *needs, const char *const *more,
			 const char *want)
{
	resolve_all(false, t, needs, more, NULL, want);
}

static void resolve(const struct modtree *t, const char *const *needs, const char *const *extra,
		    const char *want)
{
	resolve_all(false, t, needs, NULL, extra, want);
}

#define BASE "base:virtio_ring base:virtio base:virtio_pci"
#define PANIC "panic:pvpanic_mmio"
#define ROOT "root:crc32c_generic root:jbd2 root:mbcache root:ext4"

static void needs_in_load_order(void)
{
	_cleanup_(fake_tree_close) struct fake_tree f = { .fd = -1 };
	_cleanup_modtree_ struct modtree t = MODTREE_INIT;
	struct err e = { 0 };

	CHECK_INT(fake_tree_open(&f), 0);
	small_tree(&f, DIR_OF(FAKE_RELEASE));
	CHECK_INT(modtree_open(f.root, NULL, &t, &e), 0);
	CHECK_STR(t.release, FAKE_RELEASE);
	resolve(&t, NULL, NULL,
		BASE " disk:virtio_blk " ROOT " cifs:cifs cifs:nls_iso8859_1 " PANIC);
	resolve_all(true, &t, (const char *[]){ "panic", NULL }, NULL, NULL,
		    BASE " panic:pvpanic_pci");
	resolve(&t, (const char *[]){ "disk", NULL }, NULL, BASE " disk:virtio_blk");
	resolve(&t, (const char *[]){ "net", NULL }, NULL, BASE);
	/* cifs again, now with its softdeps: each module once, its circle with gcm cut. */
	resolve(&t, (const char *[]){ "cifs", NULL },
		(const char *[]){ "cifs", "ctr", "ghash_generic", NULL },
		BASE
		" cifs,extra:cifs cifs:nls_iso8859_1 extra:gcm extra:late extra:ctr extra:ghash_generic");
	resolve(&t, (const char *[]){ "base", NULL },
		(const char *[]){ "cifs", "nls_iso8859-1", NULL },
		BASE " extra:gcm extra:late extra:cifs extra:nls_iso8859_1");
	resolve(&t, (const char *[]){ "root", NULL }, (const char *[]){ "late", "jbd2", NULL },
		BASE " " ROOT " extra:late");
}

/* One module for two shares, and shares that the kernel does not have. */
static void kinds_share_modules(void)
{
	static const char dep[] =
		"k/virtio_pci.ko:\nk/ext4.ko: k/crc.ko\nk/crc.ko:\nk/netfs.ko:\nk/cifs.ko: k/netfs.ko\n"
		"k/nls_iso8859-1.ko:\nk/9p.ko: k/9pnet.ko k/netfs.ko\nk/9pnet_virtio.ko: k/9pnet.ko\n"
		"k/9pnet.ko:\nk/erofs.ko: k/crc.ko\n";
	_cleanup_(fake_tree_close) struct fake_tree f = { .fd = -1 };
	_cleanup_modtree_ struct modtree t = MODTREE_INIT;
	struct err e = { 0 };

	CHECK_INT(fake_tree_open(&f), 0);
	CHECK_INT(fake_tree_text(&f, DIR_OF(FAKE_RELEASE) "/modules.dep", dep), 0);
	CHECK_INT(fake_tree_text(&f, DIR_OF(FAKE_RELEASE) "/modules.builtin",
				 "k/virtio_blk.ko\nk/virtio_net.ko\nk/overlay.ko\n"),
		  0);
	CHECK_INT(modtree_open(f.root, NULL, &t, &e), 0);
	resolve(&t, NULL, NULL,
		"base:virtio_pci root:crc root:ext4 cifs,9p:netfs cifs:cifs cifs:nls_iso8859_1 9p:9pnet "
		"9p:9pnet_virtio 9p:9p image:erofs");
	resolve(&t, (const char *[]){ "9p", "overlay", NULL }, NULL,
		"base:virtio_pci 9p:9pnet 9p:9pnet_virtio 9p:netfs 9p:9p");
	CHECK(need_resolve(&t, false, (const char *[]){ "virtiofs", NULL }, NULL, NULL,
			   &(struct need_list){ 0 }, &e) < 0);
	CHECK_HAS(e.text, "lacks the module virtiofs (needed for virtiofs)");
}

static void refuse(const struct modtree *t, const char *const *needs, const char *const *extra,
		   int exit_status, const char *part)
{
	struct need_list l = { 0 };
	struct err e = { 0 };

	CHECK(need_resolve(t, false, needs, NULL, extra, &l, &e) < 0);
	CHECK_INT(e.exit_status, exit_status);
	CHECK_HAS(e.text, part);
	CHECK(l.v == NULL);
}

/* How a disk can be connected: virtio's driver where the kernel has it, the others where they are
 * asked for. */
static void interfaces_of_disks(void)
{
	static const char dep[] =
		"k/virtio_pci.ko:\nk/ext4.ko:\nk/sd_mod.ko: k/scsi_mod.ko\nk/scsi_mod.ko:\n"
		"k/ahci.ko: k/libata.ko\nk/libata.ko: k/scsi_mod.ko\n";
	_cleanup_(fake_tree_close) struct fake_tree f = { .fd = -1 };
	_cleanup_modtree_ struct modtree t = MODTREE_INIT;
	struct need_list l = { 0 };
	struct err e = { 0 };

	CHECK_INT(fake_tree_open(&f), 0);
	CHECK_INT(fake_tree_text(&f, DIR_OF(FAKE_RELEASE) "/modules.dep", dep), 0);
	CHECK_INT(fake_tree_text(&f, DIR_OF(FAKE_RELEASE) "/modules.builtin", "k/virtio_net.ko\n"),
		  0);
	CHECK_INT(modtree_open(f.root, NULL, &t, &e), 0);
	resolve(&t, NULL, NULL, "base:virtio_pci root:ext4");
	resolve_more(&t, NULL, (const char *[]){ "ide", NULL },
		     "base:virtio_pci ide:scsi_mod ide:libata ide:ahci ide:sd_mod root:ext4");
	resolve_more(&t, (const char *[]){ "root", NULL }, (const char *[]){ "ide", NULL },
		     "base:virtio_pci ide:scsi_mod ide:libata ide:ahci ide:sd_mod root:ext4");
	refuse(&t, (const char *[]){ "disk", NULL }, NULL, EXIT_BAD_INPUT,
	       "lacks the module virtio_blk (needed for disk)");
	refuse(&t, (const char *[]){ "scsi", NULL }, NULL, EXIT_BAD_INPUT,
	       "lacks the module virtio_scsi (needed for scsi)");
	CHECK(need_resolve(&t, false, NULL, (const char *[]){ "disk", NULL }, NULL, &l, &e) < 0);
	CHECK_HAS(e.text, "lacks the module virtio_blk (needed for disk)");
}

static void what_is_missing_is_named(void)
{
	_cleanup_(fake_tree_close) struct fake_tree f = { .fd = -1 };
	_cleanup_modtree_ struct modtree t = MODTREE_INIT;
	struct err e = { 0 };

	CHECK_INT(fake_tree_open(&f), 0);
	small_tree(&f, DIR_OF(FAKE_RELEASE));
	CHECK_INT(modtree_open(f.root, FAKE_RELEASE, &t, &e), 0);
	refuse(&t, (const char *[]){ "dsk", NULL }, NULL, EXIT_USAGE,
	       "unknown need dsk: want one of base, channel, disk,");
	refuse(&t, (const char *[]){ "mmio", NULL }, NULL, EXIT_BAD_INPUT,
	       "lacks the module virtio_mmio (needed for mmio)");
	refuse(&t, (const char *[]){ "9p", NULL }, NULL, EXIT_BAD_INPUT,
	       "lacks the module 9pnet_virtio (needed for 9p)");
	refuse(&t, NULL, (const char *[]){ "vfat", NULL }, EXIT_BAD_INPUT,
	       "lacks the module vfat (needed for extra)");
	refuse(&t, NULL, (const char *[]){ "broken", NULL }, EXIT_BAD_INPUT,
	       "broken depends on k/gone.ko");
}

static void layouts(void)
{
	static const char *const places[] = { "lib/modules/" FAKE_RELEASE,
					      "usr/lib/modules/" FAKE_RELEASE, "." };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_(fake_tree_close) struct fake_tree f = { .fd = -1 };
		_cleanup_modtree_ struct modtree t = MODTREE_INIT;
		struct err e = { 0 };

		CHECK_INT(fake_tree_open(&f), 0);
		small_tree(&f, places[i]);
		CHECK_INT(modtree_open(f.root, FAKE_RELEASE, &t, &e), 0);
		CHECK_STR(t.release, FAKE_RELEASE);
		CHECK(modules_find(&t.dep, "ext4") && modules_find(&t.builtin, "virtio_net"));
	}
}

/* As a merged /usr has it, and as Nix does: the same release by two ways is one release. */
static void links_are_followed(void)
{
	_cleanup_(fake_tree_close) struct fake_tree f = { .fd = -1 };
	_cleanup_modtree_ struct modtree t = MODTREE_INIT;
	struct err e = { 0 };

	CHECK_INT(fake_tree_open(&f), 0);
	small_tree(&f, "elsewhere");
	CHECK_INT(file_mkdirs(f.fd, "usr/lib/modules", 0755), 0);
	CHECK_INT(symlinkat("usr/lib", f.fd, "lib"), 0);
	CHECK_INT(symlinkat("../../../elsewhere", f.fd, "usr/lib/modules/" FAKE_RELEASE), 0);
	CHECK_INT(modtree_open(f.root, NULL, &t, &e), 0);
	CHECK_STR(t.release, FAKE_RELEASE);
}

static void no_tree(const char *path, const char *release, const char *part)
{
	struct modtree t = MODTREE_INIT;
	struct err e = { 0 };

	CHECK(modtree_open(path, release, &t, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_HAS(e.text, part);
	CHECK_INT(t.fd, -1);
}

static void trees_that_are_none(void)
{
	_cleanup_(fake_tree_close) struct fake_tree f = { .fd = -1 };

	no_tree("/nonexistent", NULL, "/nonexistent: No such file or directory");
	CHECK_INT(fake_tree_open(&f), 0);
	no_tree(f.root, NULL, "no kernel modules in ");
	CHECK_INT(file_mkdirs(f.fd, "lib/modules/" FAKE_RELEASE, 0755), 0);
	no_tree(f.root, NULL, "no modules.dep in ");
	no_tree(f.root, NULL, "run: depmod");
	small_tree(&f, "usr/lib/modules/6.2");
	no_tree(f.root, NULL, "(" FAKE_RELEASE ", 6.2); choose one with --kernel-version");
	no_tree(f.root, "5.10", "no modules for kernel 5.10 in ");
	CHECK_INT(fake_tree_text(&f, "usr/lib/modules/6.2/modules.dep", "k/x.ko:\nk/y.ko: k/x."),
		  0);
	no_tree(f.root, "6.2", "modules.dep is cut short; run: depmod 6.2");
	CHECK_INT(fake_tree_text(&f, "usr/lib/modules/6.2/modules.dep", "k/x.ko:\nnonsense\n"), 0);
	no_tree(f.root, "6.2", "modules.dep, line 2: not what depmod writes");
}

/* The sources alone; and after make, before make modules_install, in them or by O=. */
static void a_build_tree_is_told_from_a_release(void)
{
	static const char *const files[][3] = {
		{ "Kconfig", "kernel/sched/core.c", "modules.builtin" },
		{ "include/config/auto.conf", "kernel/sched/core.o", "modules.order" },
		{ "include/config/kernel.release", "Makefile", "Module.symvers" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_(fake_tree_close) struct fake_tree f = { .fd = -1 };

		CHECK_INT(fake_tree_open(&f), 0);
		for (size_t j = 0; j < ARRAY_SIZE(files[i]); j++)
			CHECK_INT(fake_tree_text(&f, files[i][j], "\n"), 0);
		no_tree(f.root, NULL,
			" is a tree in which a kernel is built, and its modules are not ");
		no_tree(f.root, NULL, "; run: make -C /");
		no_tree(f.root, "6.1",
			" modules_install INSTALL_MOD_PATH=DIR, and name that DIR with ");
	}
}

static void modinfo_stands_in_for_builtin(void)
{
	_cleanup_(fake_tree_close) struct fake_tree f = { .fd = -1 };
	_cleanup_modtree_ struct modtree t = MODTREE_INIT;
	static const char modinfo[] = "virtio_net.license=GPL\0virtio_net.file=x";
	struct err e = { 0 };

	CHECK_INT(fake_tree_open(&f), 0);
	small_tree(&f, DIR_OF(FAKE_RELEASE));
	CHECK_INT(unlinkat(f.fd, DIR_OF(FAKE_RELEASE) "/modules.builtin", 0), 0);
	CHECK_INT(fake_tree_write(&f, DIR_OF(FAKE_RELEASE) "/modules.builtin.modinfo", modinfo,
				  sizeof(modinfo)),
		  0);
	CHECK_INT(modtree_open(f.root, NULL, &t, &e), 0);
	CHECK(modules_find(&t.builtin, "virtio_net"));
}

int main(void)
{
	RUN(names_are_the_kernels);
	RUN(dep_lines);
	RUN(bad_dep_lines);
	RUN(builtin_and_modinfo);
	RUN(softdep_words);
	RUN(needs_in_load_order);
	RUN(kinds_share_modules);
	RUN(what_is_missing_is_named);
	RUN(interfaces_of_disks);
	RUN(layouts);
	RUN(links_are_followed);
	RUN(trees_that_are_none);
	RUN(a_build_tree_is_told_from_a_release);
	RUN(modinfo_stands_in_for_builtin);
	TEST_END();
}
