/* SPDX-License-Identifier: MIT */
/* initrd_input.h - everything that goes into an initramfs, read and checked */
#ifndef STOREBOOT_HOST_INITRD_INPUT_H
#define STOREBOOT_HOST_INITRD_INPUT_H

#include "host/initrd/initrd.h"
#include "host/initrd/kernel.h"
#include "host/initrd/modtree.h"
#include "host/initrd/need.h"

struct initrd_input {
	struct kernel kernel; /* machine is 0 if no kernel was given */
	struct buf init;
	char init_path[PATH_MAX];
	uint16_t machine; /* init's */
	struct modtree tree;
	struct need_list needs;
	struct buf *raw;	      /* needs.n module files, packed or not, as in the tree */
	enum compression compression; /* never COMPRESS_AUTO */
};

#define INITRD_INPUT_INIT \
	{ \
		.tree = MODTREE_INIT \
	}
#define _cleanup_initrd_input_ _cleanup_(initrd_input_free)
void initrd_input_free(struct initrd_input *in);

/* Reads all inputs, but does not parse the modules. ret must be INITRD_INPUT_INIT. Returns 0 or
 * -errno with e; call initrd_input_free in both cases. */
_must_check_ int initrd_input_read(const struct initrd_options *o, struct initrd_input *ret,
				   struct err *e);

/* Appends module i to ret, unpacked, after checking that it is complete and built for this machine
 * and the tree's kernel. Returns 0 or -errno with e. */
_must_check_ int initrd_input_module(const struct initrd_input *in, size_t i, struct buf *ret,
				     struct err *e);

#endif
