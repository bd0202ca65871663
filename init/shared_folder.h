/* SPDX-License-Identifier: MIT */
/* shared_folder.h - /binds: the folders of the host that come beside the store */
#ifndef STOREBOOT_SHARED_FOLDER_H
#define STOREBOOT_SHARED_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "init/lib/macro.h"
#include "init/param.h"
#include "mount/fs.h"

/* One line of the file (param.h says what is in it). */
struct shared_folder {
	enum share_kind kind;
	bool read_only;
	struct mount_owner owner;
	char source[64];
	char path[PATH_MAX]; /* absolute, of the new root */
};

/*
 * Takes the next line off *text, *len. Returns 1 with the entry, 0 at the end, -EINVAL on a line
 * that is not one (no share that can carry it or its owner, a relative path, a part of it that is
 * ".", ".." or empty, too long, control characters, no newline at its end); *text is then left at
 * that line. A pure function.
 */
_must_check_ int shared_folder_next(const char **text, size_t *len, struct shared_folder *ret);

#endif
