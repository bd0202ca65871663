/* SPDX-License-Identifier: MIT */
/* image_cache.h - images of closures, kept until they take more room than they may */
#ifndef STOREBOOT_HOST_IMAGE_CACHE_H
#define STOREBOOT_HOST_IMAGE_CACHE_H

#include <stdint.h>

#include "host/lib/cache.h"
#include "host/lib/new_file.h"
#include "init/lib/err.h"

/*
 * Opens the image that is kept under key. One that is not whole, or was written to since it was
 * made, is removed. dir: of cache_open. Returns a read-only descriptor or -ENOENT.
 */
_must_check_ int image_cache_find(int dir, const char *key);

/* Makes an empty file in the folder, for image_cache_keep. Returns 0 or -errno; new_file_close ends
 * it. */
_must_check_ int image_cache_new(int dir, const char *key, struct new_file *ret);

/*
 * Keeps what that file holds under key, and removes the images that were used the longest time ago
 * until all take no more than max bytes; never this one, nor from under a run that has one open.
 * Returns as image_cache_find, or another -errno.
 */
_must_check_ int image_cache_keep(int dir, struct new_file *f, const char *key, uint64_t max);

#endif
