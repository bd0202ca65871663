/* SPDX-License-Identifier: MIT */
/* shared_folder.h - the user's folders that the guest gets beside the store (--bind) */
#ifndef STOREBOOT_HOST_SHARE_SHARED_FOLDER_H
#define STOREBOOT_HOST_SHARE_SHARED_FOLDER_H

#include <limits.h>
#include <stdbool.h>

#include "init/lib/err.h"
#include "init/lib/str.h"
#include "init/param.h"

/* Each may be a device on the machine's bus, which has 32 slots. */
#define SHARED_FOLDERS_MAX 8

struct shared_folder {
	char host[PATH_MAX];  /* absolute; after shared_folders_open with links resolved */
	char guest[PATH_MAX]; /* absolute, without "..", doubled or trailing slashes */
	int fd;		      /* of the host's folder, O_PATH; -1: the folder is to_make */
	bool read_only;
	bool owned; /* in the guest all files belong to uid and gid */
	unsigned int uid, gid;
};

struct shared_folders {
	struct shared_folder *v;
	size_t n;
	const char *to_make; /* host folder that need not exist yet, resolved; NULL or "": none */
};
void shared_folders_free(struct shared_folders *b);

/* Parses one --bind, HOST:GUEST[:ro][:owner=UID[.GID]]. A colon in a path is doubled; the default
 * GID is the UID. ret: zeroed. A pure function. Returns 0, or -EINVAL with e (EXIT_USAGE), also
 * for a path that the guest uses itself. */
_must_check_ int shared_folder_parse(const char *text, struct shared_folder *ret, struct err *e);

/*
 * Parses all (NULL-terminated, or NULL) and opens the folders. From then on a server reaches a
 * folder only by its descriptor: another folder or a link may take the path. Of two nested folders
 * in the guest the outer one comes first. A folder that the guest may write to must not contain
 * another of these folders; host/run/paths.h has the other files that it must not contain. ret:
 * zeroed, except to_make; free it with shared_folders_free also on failure. Returns 0, or -errno
 * with e: EXIT_USAGE, or EXIT_BAD_INPUT for a missing folder.
 */
_must_check_ int shared_folders_open(const char *const *texts, struct shared_folders *ret,
				     struct err *e);

/* Opens the folder to_make, if it is shared, once it has been made. Returns 0, or -errno with e
 * (EXIT_BAD_INPUT: a link or another file is in its place). */
_must_check_ int shared_folders_open_made(struct shared_folders *b, struct err *e);

/* The server's name for the i-th folder: an SMB share or a mount tag. */
#define SHARED_FOLDER_TAG "bind%zu"

/* Appends the lines of SHARED_FOLDERS_FILE (init/param.h). kind: a share with SHARE_FOLDERS.
 * Returns 0 or -ENOMEM. */
_must_check_ int shared_folders_lines(const struct shared_folders *b, enum share_kind kind,
				      struct buf *ret);

#endif
