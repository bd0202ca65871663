/* SPDX-License-Identifier: MIT */
/* closure_image.h - a closure as a read-only erofs image, prepared for an overlay over a share */
#ifndef STOREBOOT_HOST_CLOSURE_IMAGE_H
#define STOREBOOT_HOST_CLOSURE_IMAGE_H

#include <stdint.h>

#include "init/lib/err.h"

/* Change it whenever the same closure gives another image. */
#define CLOSURE_IMAGE_FORMAT "storeboot image 1"

struct closure_image {
	const char *mkfs;	  /* mkfs.erofs's path */
	const char *store;	  /* the host's folder with the paths */
	const char *const *names; /* names of the paths, NULL-terminated */
	/* Called ten times a second with the number of bytes written; nonzero cancels with
	 * -ECANCELED. */
	int (*progress)(uint64_t bytes, void *arg);
	void *arg;
};

/*
 * Fills fd, an empty file, with an image of two folders: "store", with exactly these paths, and
 * "mask", with a whiteout (overlayfs.rst) for each of them that is a folder. Names, contents,
 * links and modes are unchanged, owners are 0, times 1. The same paths give the same bytes. Needs
 * no privilege if user namespaces are allowed. Returns 0 or -errno with e.
 */
_must_check_ int closure_image_build(const struct closure_image *c, int fd, struct err *e);

#endif
