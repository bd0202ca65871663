/* SPDX-License-Identifier: MIT */
/* folder.h - private folders */
#ifndef STOREBOOT_HOST_LIB_FOLDER_H
#define STOREBOOT_HOST_LIB_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "init/lib/err.h"

/* $STOREBOOT_RUNTIME_DIR if it is an absolute path, else NULL. */
const char *folder_given(void);

/* Sets ret to the parent of private folders: $STOREBOOT_RUNTIME_DIR (returns true),
 * $XDG_RUNTIME_DIR if only we can access it (true), else $TMPDIR or /tmp (false). */
bool folder_base(const char **ret);

/* Creates a folder of mode 0700 and a unique name in folder_base. ret: its absolute path, PATH_MAX
 * bytes. Returns 0 or -errno with e. */
_must_check_ int folder_make(char *ret, struct err *e);

/* Removes a file, or a folder and its contents, without following links; it may be missing.
 * folder_remove returns 0, or -ENOTEMPTY if something is left. */
int folder_remove(const char *path);
void folder_remove_in(int dir, const char *name);

/* Writes a file of mode 0600 into the folder. Returns 0 or -errno with e. */
_must_check_ int folder_write(const char *folder, const char *name, const void *data, size_t len,
			      struct err *e);

#endif
