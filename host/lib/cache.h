/* SPDX-License-Identifier: MIT */
/* cache.h - a cache of built files, keyed by the hash of their inputs */
#ifndef STOREBOOT_HOST_LIB_CACHE_H
#define STOREBOOT_HOST_LIB_CACHE_H

#include <stddef.h>

#include "init/lib/macro.h"
#include "init/lib/str.h"

#define CACHE_KEY_SIZE 65 /* SHA-256 in hex, with the NUL */
#define CACHE_FILES_MAX 16
#define CACHE_TMP_MARK \
	".tmp." /* in the names of files that are being written; cache_sweep looks for it */

/* Appends the path of the folder of all caches, which may be missing: $XDG_CACHE_HOME/storeboot or
 * $HOME/.cache/storeboot. Returns 0, -ENOENT if neither is set, -EPERM if another user owns it, or
 * -ENOMEM. */
_must_check_ int cache_base(struct buf *ret);

/*
 * Opens the folder of cached files below $XDG_CACHE_HOME or $HOME/.cache, and creates it (0700) if
 * needed. Returns a descriptor and the folder's path in ret_path, or -errno; -EPERM if another user
 * owns it or may write to it.
 */
_must_check_ int cache_open(const char *name, struct buf *ret_path);

/* Finds the file of key and checks its content; a damaged file is removed. Returns a read-only
 * descriptor at offset 0 and the file's name in ret_name, or -ENOENT or another -errno. */
_must_check_ int cache_find(int dir, const char *key, struct buf *ret_name);

/* Stores data under key, and removes all but the CACHE_FILES_MAX most recently used files. Returns
 * as cache_find. */
_must_check_ int cache_store(int dir, const char *key, const void *data, size_t len,
			     struct buf *ret_name);

/* Removes temporary files of killed writers (also those of file_replace) that have not changed for
 * an hour, unless a living writer has them locked (new_file.h). */
void cache_sweep(int dir);

#endif
