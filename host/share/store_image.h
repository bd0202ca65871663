/* SPDX-License-Identifier: MIT */
/* store_image.h - the closure's image for a run: kept from an earlier one, or built */
#ifndef STOREBOOT_HOST_SHARE_STORE_IMAGE_H
#define STOREBOOT_HOST_SHARE_STORE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

struct store_image {
	const char *store;	   /* the folder of this host that is served as /nix/store */
	const char *system;	   /* the system's path in the guest: it must be in the closure */
	const struct buf *closure; /* its registration; empty: not known */
	uint64_t cache_size;	   /* bytes that all images may take */
	bool only_look;		   /* build none */
};

/*
 * Opens the image, read-only, building it first where none is kept; ret_fd is -1 where only a look
 * was asked for and there is none. Returns 0, or -errno with e: EXIT_MISSING (no mkfs.erofs, no
 * folder to keep it in), EXIT_SHARE (it cannot be built), EXIT_BAD_INPUT (no closure).
 */
_must_check_ int store_image_open(const struct store_image *q, int *ret_fd, struct buf *ret_path,
				  struct err *e);

#endif
