/* SPDX-License-Identifier: MIT */
/* image.h - the guest's disk: a qcow2 file that is made once and never replaced */
#ifndef STOREBOOT_HOST_IMAGE_H
#define STOREBOOT_HOST_IMAGE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "init/lib/err.h"

struct image {
	char path[PATH_MAX]; /* absolute, with links resolved */
	int fd;		     /* holds the lock; -1: the image does not exist yet */
	bool made;	     /* it was made by this run */
};

#define IMAGE_INIT { .fd = -1 }

/*
 * Looks at path: nothing there is fine (ret->fd stays -1), else it must be a qcow2 image that stands
 * alone, and is locked for this run (flock(2)). Changes nothing. Returns 0, or -errno with e:
 * EXIT_IMAGE (not such an image, a link to nothing, no such folder), EXIT_IN_USE (names the holder).
 */
_must_check_ int image_open(const char *qemu_img, const char *path, struct image *ret, struct err *e);

/*
 * Makes the image, of size bytes, after image_open found nothing. It appears under its name whole and
 * locked, and never in the place of something else. Returns as image_open.
 */
_must_check_ int image_make(const char *qemu_img, uint64_t size, struct image *i, struct err *e);

/* Gives the lock up. */
void image_close(struct image *i);

/*
 * Checks what `qemu-img info --output=json` says. A pure function. Returns 0, or -EINVAL with e
 * (EXIT_IMAGE) for a format other than qcow2, a backing file, an external data file or no size.
 */
_must_check_ int image_check_info(const char *path, const char *json, size_t len, struct err *e);

#endif
