/* SPDX-License-Identifier: MIT */
/* folder.h - a private folder: made, filled, removed */
#ifndef STOREBOOT_HOST_LIB_FOLDER_H
#define STOREBOOT_HOST_LIB_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "init/lib/err.h"

/* $STOREBOOT_RUNTIME_DIR, where that is an absolute path; else NULL. */
const char *folder_given(void);

/* Where private files go: $STOREBOOT_RUNTIME_DIR (true), $XDG_RUNTIME_DIR when that folder is ours
 * alone (true), else $TMPDIR or /tmp. */
bool folder_base(const char **ret);

/*
 * Makes a folder of mode 0700 there, with a name of its own. ret: its absolute path, PATH_MAX
 * bytes. Returns 0 or -errno with e.
 */
_must_check_ int folder_make(char *ret, struct err *e);

/* Removes the folder, or the file, and what is in it, following no link. Nothing there is no
 * failure. folder_remove returns 0, or -ENOTEMPTY when something stays. */
int folder_remove(const char *path);
void folder_remove_in(int dir, const char *name);

/* Writes a file of mode 0600 into the folder. Returns 0 or -errno with e. */
_must_check_ int folder_write(const char *folder, const char *name, const void *data, size_t len,
			      struct err *e);

#endif
