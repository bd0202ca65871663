/* SPDX-License-Identifier: MIT */
/* store.h - the shares 9p, virtiofs and image, the store in a share, and an image over one */
#ifndef STOREBOOT_MOUNT_STORE_H
#define STOREBOOT_MOUNT_STORE_H

#include "init/lib/err.h"
#include "mount/fs.h"

/* What a closure's image holds (host/share/closure_image.c makes it): the store, and beside it a
 * whiteout for each folder in it. */
#define STORE_IMAGE_STORE "store"
#define STORE_IMAGE_MASK "mask"

/*
 * Each mounts one file system. Returns 0 or -errno with e; -ENODEV: the kernel has no such file
 * system.
 */

/* source: the mount tag of the folder. What the guest keeps of it over virtiofs is for the server
 * to say. */
_must_check_ int mount_9p(const struct mount_request *q, struct err *e);
_must_check_ int mount_virtiofs(const struct mount_request *q, struct err *e);

/* The closure's image, erofs, in a disk. */
_must_check_ int mount_store_image(const char *device, const char *path, struct err *e);

/* Binds share/folder read-only on path (made if missing). Returns 0 or -errno; ENOENT: the share
 * holds no store. */
_must_check_ int mount_store_bind(const char *share, const char *folder, const char *path,
				  struct err *e);

/*
 * The store of the image that is mounted on image over the store in the folder share: a path that
 * is in both comes from the image alone, with all that is below it.
 */
_must_check_ int mount_store_overlay(const char *image, const char *share, const char *path,
				     struct err *e);

#endif
