/* SPDX-License-Identifier: MIT */
/* fake_initrd.h - what an initramfs is made of: a small tree of modules and an init program */
#ifndef STOREBOOT_FAKE_INITRD_H
#define STOREBOOT_FAKE_INITRD_H

#include "host/initrd/initrd.h"
#include "tests/lib/fake_tree.h"
#include "tests/lib/test.h"

#define MODULES "lib/modules/" FAKE_RELEASE

/* A tree, an init program and a cache folder, all below one root. */
struct place {
	struct fake_tree tree;
	char init[96];
};

static inline void place_close(struct place *p)
{
	fake_tree_close(&p->tree);
}

static const char *const module_names[] = { "virtio_pci", "virtio_blk", "virtio_net",
					    "ext4",	  "cifs",	"nls_iso8859-1" };

/* suffix and how: as the modules lie in the tree; backwards: made in the other order. */
static inline void place_open(struct place *p, const char *suffix, enum compression how,
			      bool backwards)
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

static inline struct initrd_options options(const struct place *p)
{
	return (struct initrd_options){
		.modules = p->tree.root,
		.init_program = p->init,
		.compression = COMPRESS_NONE,
	};
}

static inline void build(const struct initrd_options *o, struct buf *ret)
{
	struct err e = { 0 };

	CHECK_INT(initrd_build(o, ret, &e), 0);
	CHECK_STR(e.text, "");
}

static inline bool same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

#endif
