/* SPDX-License-Identifier: MIT */
/* closure_image.h - a closure as an image: read-only, erofs, with what an overlay over a share
 * wants */
#ifndef STOREBOOT_HOST_CLOSURE_IMAGE_H
#define STOREBOOT_HOST_CLOSURE_IMAGE_H

#include <stdint.h>

#include "init/lib/err.h"

/* To be raised whenever the same closure gives another image. */
#define CLOSURE_IMAGE_FORMAT "storeboot image 1"

struct closure_image {
	const char *mkfs;	  /* mkfs.erofs's path */
	const char *store;	  /* the folder of this host that holds the paths */
	const char *const *names; /* of the paths in it, NULL-terminated */
	/* Called ten times a second with the bytes that are written; nonzero ends it with
	 * -ECANCELED. */
	int (*progress)(uint64_t bytes, void *arg);
	void *arg;
};

/*
 * Fills fd, an empty file, with an image that holds "store", a folder with exactly these paths, and
 * "mask", one with a whiteout (overlayfs.rst) for each of them that is a folder. Names, contents,
 * links and modes are as they are, owners 0, times 1; the same paths give the same bytes. Takes no
 * privilege where user namespaces are allowed. Returns 0 or -errno with e.
 */
_must_check_ int closure_image_build(const struct closure_image *c, int fd, struct err *e);

#endif
