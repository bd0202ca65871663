/* SPDX-License-Identifier: MIT */
/* initrd_input.h - everything that goes into an initramfs, read and checked */
#ifndef STOREBOOT_HOST_INITRD_INPUT_H
#define STOREBOOT_HOST_INITRD_INPUT_H

#include "host/initrd/initrd.h"
#include "host/initrd/kernel.h"
#include "host/initrd/modtree.h"
#include "host/initrd/need.h"

struct initrd_input {
	struct kernel kernel; /* machine 0: none given */
	struct buf init;
	char init_path[PATH_MAX];
	uint16_t machine; /* init's */
	struct modtree tree;
	struct need_list needs;
	struct buf *raw; /* needs.n module files as they lie in the tree, packed or not */
	enum compression compression; /* never COMPRESS_AUTO */
};

#define INITRD_INPUT_INIT \
	{ \
		.tree = MODTREE_INIT \
	}
#define _cleanup_initrd_input_ _cleanup_(initrd_input_free)
void initrd_input_free(struct initrd_input *in);

/* Reads all of it; modules are not looked into. ret must be INITRD_INPUT_INIT. Returns 0 or -errno
 * with e; free ret in both cases. */
_must_check_ int initrd_input_read(const struct initrd_options *o, struct initrd_input *ret,
				   struct err *e);

/*
 * Appends module i to ret as the guest loads it: unpacked, and checked to be whole, for this
 * machine and for the tree's kernel. Returns 0 or -errno with e.
 */
_must_check_ int initrd_input_module(const struct initrd_input *in, size_t i, struct buf *ret,
				     struct err *e);

#endif
