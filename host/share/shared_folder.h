/* SPDX-License-Identifier: MIT */
/* shared_folder.h - folders of the user's that the guest gets beside the store */
#ifndef STOREBOOT_HOST_SHARE_SHARED_FOLDER_H
#define STOREBOOT_HOST_SHARE_SHARED_FOLDER_H

#include <limits.h>
#include <stdbool.h>

#include "init/lib/err.h"
#include "init/lib/str.h"
#include "init/param.h"

/* Each may be a card of its own on the machine's bus, which has 32 places. */
#define SHARED_FOLDERS_MAX 8

struct shared_folder {
	char host[PATH_MAX];  /* absolute; in shared_folders with links resolved */
	char guest[PATH_MAX]; /* absolute, without "..", doubled slashes or one at its end */
	bool read_only;
	bool owned; /* in the guest all of it is of this user and group */
	unsigned int uid, gid;
};

struct shared_folders {
	struct shared_folder *v;
	size_t n;
	const char *to_make; /* the host's folder that need not be there yet, resolved; NULL or "":
				none */
};
void shared_folders_free(struct shared_folders *b);

/*
 * Parses one --bind, HOST:GUEST[:ro][:owner=UID[.GID]]; a colon in a path is written twice, and
 * without a GID it is the UID. A pure function. Returns 0, or -EINVAL with e (EXIT_USAGE): also for
 * a place that the guest needs for something else. ret: zeroed.
 */
_must_check_ int shared_folder_parse(const char *text, struct shared_folder *ret, struct err *e);

/*
 * Parses all (NULL-terminated, or NULL) and finds the folders; the outer one of two in the guest
 * comes first. store: the folder that is served as the store. A folder that the guest may write to
 * can neither be in it or hold it, nor so with the files of running VMs (vms_base,
 * vms_private_base), nor hold another of these folders. Returns 0, or -errno with e: EXIT_USAGE,
 * EXIT_BAD_INPUT for a folder that is not there. ret: zeroed, except to_make; freed by
 * shared_folders_free in both cases.
 */
_must_check_ int shared_folders_open(const char *const *texts, const char *store,
				     struct shared_folders *ret, struct err *e);

/* What the i-th is called by its server: a share's name or a mount tag. */
#define SHARED_FOLDER_TAG "bind%zu"

/* Appends the lines of SHARED_FOLDERS_FILE (init/param.h). kind: one with SHARE_FOLDERS. Returns 0
 * or -ENOMEM. */
_must_check_ int shared_folders_lines(const struct shared_folders *b, enum share_kind kind,
				      struct buf *ret);

#endif
