/* SPDX-License-Identifier: MIT */
/* store.h - the shares 9p, virtiofs and image; the store in a share; an image over a share */
#ifndef STOREBOOT_MOUNT_STORE_H
#define STOREBOOT_MOUNT_STORE_H

#include "init/lib/err.h"
#include "mount/fs.h"

/* Folders of a closure's image (made by host/share/closure_image.c): the store, and a whiteout for
 * each folder in it. */
#define STORE_IMAGE_STORE "store"
#define STORE_IMAGE_MASK "mask"

/* Each function mounts one file system. Returns 0 or -errno with e; -ENODEV: the kernel has no such
 * file system. */

/* source: the mount tag. With virtiofs the server decides what the guest may cache. */
_must_check_ int mount_9p(const struct mount_request *q, struct err *e);
_must_check_ int mount_virtiofs(const struct mount_request *q, struct err *e);

/* Mounts the image of a closure, erofs on a disk. */
_must_check_ int mount_store_image(const char *device, const char *path, struct err *e);

/* Binds share/folder read-only onto path (made if missing). Returns 0 or -errno; -ENOENT: the share
 * holds no store. */
_must_check_ int mount_store_bind(const char *share, const char *folder, const char *path,
				  struct err *e);

/* Mounts an overlay at path: the store of the image mounted at image, over the store in the folder
 * share. A store path in both comes from the image alone, with everything below it. */
_must_check_ int mount_store_overlay(const char *image, const char *share, const char *path,
				     struct err *e);

#endif
