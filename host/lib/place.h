/* SPDX-License-Identifier: MIT */
/* place.h - the folder and the name to which a path leads, found by descriptors */
#ifndef STOREBOOT_HOST_LIB_PLACE_H
#define STOREBOOT_HOST_LIB_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "init/lib/macro.h"

/*
 * Theory of operation: a guest with a writable folder can put a link there, and can replace a file
 * by a link between two looks at it. So a path is resolved once, one name at a time, and all later
 * work is relative to the descriptor of the last folder.
 */
struct place {
	int dir;		 /* the folder, opened with O_PATH; -1: none */
	char name[NAME_MAX + 1]; /* in dir, "." for dir itself; may be missing */
	bool magic;		 /* a link of /proc to an open file, as in /dev/fd/3 */
};

#define PLACE_INIT \
	{ \
		.dir = -1 \
	}

/* Called for each folder whose entries decide where the path leads: the one with the last name, one
 * with a link, and one with a folder that ".." leaves. */
typedef void place_visit(int dir, void *arg);

/*
 * Resolves a path up to its last name. follow_all: follow each link. Otherwise only a link is
 * followed that no guest of this user can have made: one in /, /dev, /var or /proc, or in a folder
 * of another user in which this user may not write. visit: may be NULL. Returns 0; -ELOOP if there
 * is another link, or a circle; or another -errno. Call place_close in all cases. With -ENOENT for
 * a missing folder, visit was called for the folder in which it is missing.
 */
_must_check_ int place_find(const char *path, bool follow_all, place_visit *visit, void *arg,
			    struct place *ret);

/* Opens the file of the place as openat(2) does, without following a link. A magic place is opened
 * without O_CREAT. Returns a descriptor, or -errno; -ELOOP for a link. */
_must_check_ int place_open(const struct place *p, int flags, mode_t mode);

/* Finds the place and opens its file, following no link that a guest can have made. */
_must_check_ int place_open_path(const char *path, int flags, mode_t mode);

/* For messages about -ELOOP of these functions; "file itself" or "folder itself" follows. */
#define PLACE_BY_LINK "a link leads there, and a guest may have made it; name the "

/* Sets ret (PATH_MAX bytes) to the path that an open file has now. Returns 0 or -errno; -ENOENT if
 * it has none. */
_must_check_ int place_path(int fd, char *ret);

/* Does the name in the place still name the open file? */
bool place_has(const struct place *p, int fd);

void place_close(struct place *p);

#endif
