/* SPDX-License-Identifier: MIT */
/* shared_folder.h - parse /binds, the list of the shared folders */
#ifndef STOREBOOT_SHARED_FOLDER_H
#define STOREBOOT_SHARED_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "init/lib/macro.h"
#include "init/param.h"
#include "mount/fs.h"

/* One line of the file (param.h has the format). */
struct shared_folder {
	enum share_kind kind;
	bool read_only;
	struct mount_owner owner;
	char source[64];
	char path[PATH_MAX]; /* absolute, in the new root */
};

/*
 * Parses the next line of *text and advances *text and *len. Returns 1 and fills ret; 0 at the end;
 * -EINVAL if the line is invalid (a share that cannot bring folders or set their owner, a relative
 * path, a component that is empty, "." or "..", too long, control characters, no newline). *text
 * then stays at that line. A pure function.
 */
_must_check_ int shared_folder_next(const char **text, size_t *len, struct shared_folder *ret);

#endif
