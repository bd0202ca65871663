/* SPDX-License-Identifier: MIT */
/* store.h - the host's store by the shares without a file server's protocol, and an image over a share */
#ifndef STOREBOOT_MOUNT_STORE_H
#define STOREBOOT_MOUNT_STORE_H

#include "init/lib/err.h"
#include "mount/fs.h"

/* What a closure's image holds (host/share/closure_image.c makes it): the store, and beside it a whiteout for
 * each folder in it. */
#define STORE_IMAGE_STORE "store"
#define STORE_IMAGE_MASK "mask"

/*
 * Each mounts one file system on path (made if missing). Returns 0 or -errno with e; -ENODEV:
 * the kernel has no such file system.
 */

/* The folder that is served under the mount tag. What is kept of it over virtiofs is the server's word. */
_must_check_ int mount_9p(const char *tag, const char *path, enum mount_what what, struct err *e);
_must_check_ int mount_virtiofs(const char *tag, const char *path, enum mount_what what, struct err *e);

/* The closure's image, erofs, in a disk. */
_must_check_ int mount_store_image(const char *device, const char *path, struct err *e);

/*
 * The store of the image that is mounted on image over the store in the folder share: a path that is in
 * both comes from the image alone, with all that is below it.
 */
_must_check_ int mount_store_overlay(const char *image, const char *share, const char *path,
				     struct err *e);

#endif
