/* SPDX-License-Identifier: MIT */
/* new_file.h - creating a file that gets its name when complete */
#ifndef STOREBOOT_HOST_LIB_NEW_FILE_H
#define STOREBOOT_HOST_LIB_NEW_FILE_H

#include <limits.h>
#include <sys/types.h>

#include "init/lib/str.h"

struct new_file {
	int fd;			/* open for reading and writing; -1: none */
	int dir;		/* its folder, opened with O_PATH; -1: none */
	char tmp[NAME_MAX + 1]; /* its temporary name in dir; "": none */
};

#define NEW_FILE_INIT \
	{ \
		.fd = -1, .dir = -1 \
	}

/*
 * Creates an empty file in a folder: without a name if the file system supports it (O_TMPFILE),
 * else with a temporary name: prefix, cut to 200 bytes, and a number. A file with a temporary name
 * is locked (lock.h). Files of the same prefix left by killed writers are removed, so prefix must
 * not match files of the user. at, folder: as in openat(2). mode: less the umask. Returns 0 or
 * -errno; call new_file_close in both cases.
 */
_must_check_ int new_file_open(int at, const char *folder, const char *prefix, mode_t mode,
			       struct new_file *ret);

/* Is the writer of this temporary file alive? Returns 1 if so, 0 if not, or -errno if not known:
 * e.g. the file is another user's, or the file system has no locks. */
_must_check_ int new_file_writer(int dir, const char *name);

/* Gives the file its name in its folder, and syncs the folder. Returns 0, -EEXIST if the name is
 * taken, or another -errno, e.g. if the file system supports none of the methods. */
_must_check_ int new_file_name(struct new_file *f, const char *name);

/* Like new_file_name, but replaces a file of that name. prefix: as for new_file_open. */
_must_check_ int new_file_replace(struct new_file *f, const char *prefix, const char *name);

/* Removes the temporary name, if there is one. The file stays open. */
void new_file_forget(struct new_file *f);

/* Like new_file_forget; also closes the file, unless the caller has taken it (fd: -1). */
void new_file_close(struct new_file *f);

/* Renames without replacing: -EEXIST if to exists. Both names are in one folder. Works on every
 * file system that has rename. Returns 0 or -errno. */
_must_check_ int new_file_rename(int dir, const char *from, const char *to);

#endif
