/* SPDX-License-Identifier: MIT */
/* cache.h - built archives, kept by the hash of what went in */
#ifndef STOREBOOT_HOST_LIB_CACHE_H
#define STOREBOOT_HOST_LIB_CACHE_H

#include <stddef.h>

#include "init/lib/macro.h"
#include "init/lib/str.h"

#define CACHE_KEY_SIZE 65 /* SHA-256 in hex, with the NUL */
#define CACHE_FILES_MAX 16
#define CACHE_TMP_MARK \
	".tmp." /* in the names of files that are being written; cache_sweep looks for it */

/*
 * Opens the folder of cached files, below $XDG_CACHE_HOME or $HOME/.cache; makes it (0700) if need
 * be. Returns a descriptor with the folder's path in ret_path, or -errno; -EPERM when it belongs to
 * or can be written by somebody else.
 */
_must_check_ int cache_open(const char *name, struct buf *ret_path);

/*
 * Finds key's file and checks that its content is what was stored; a damaged one is removed.
 * Returns a read-only descriptor at offset 0 with the file's name in ret_name, or -ENOENT or
 * another -errno.
 */
_must_check_ int cache_find(int dir, const char *key, struct buf *ret_name);

/* Stores data under key, and removes the files used least recently so that CACHE_FILES_MAX stay.
 * Returns as cache_find. */
_must_check_ int cache_store(int dir, const char *key, const void *data, size_t len,
			     struct buf *ret_name);

/* Removes what writers left that were killed: temporary files (also file_replace's) that nobody has
 * changed for an hour, except one that a living writer has locked (new_file.h). */
void cache_sweep(int dir);

#endif
