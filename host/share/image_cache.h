/* SPDX-License-Identifier: MIT */
/* image_cache.h - cached images of closures, with a limit on their total size */
#ifndef STOREBOOT_HOST_IMAGE_CACHE_H
#define STOREBOOT_HOST_IMAGE_CACHE_H

#include <stdint.h>

#include "host/lib/cache.h"
#include "host/lib/new_file.h"
#include "init/lib/err.h"

/* Opens the image cached under key. Removes it if it is incomplete or was modified. dir: of
 * cache_open. Returns a read-only descriptor or -ENOENT. */
_must_check_ int image_cache_find(int dir, const char *key);

/* Makes an empty file in dir, for image_cache_keep. Returns 0 or -errno; call new_file_close in
 * both cases. */
_must_check_ int image_cache_new(int dir, const char *key, struct new_file *ret);

/* Stores the file under key, then removes the least recently used images until all take at most
 * max bytes. Never removes this one; a run that has an image open keeps its content. Returns as
 * image_cache_find, or another -errno. */
_must_check_ int image_cache_keep(int dir, struct new_file *f, const char *key, uint64_t max);

#endif
