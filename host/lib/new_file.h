/* SPDX-License-Identifier: MIT */
/* new_file.h - a file that gets its name when it is complete, and never replaces another */
#ifndef STOREBOOT_HOST_LIB_NEW_FILE_H
#define STOREBOOT_HOST_LIB_NEW_FILE_H

#include <limits.h>
#include <sys/types.h>

#include "init/lib/str.h"

struct new_file {
	int fd;			/* open for reading and writing; -1: none */
	int dir;		/* its folder, by O_PATH; -1: none */
	char tmp[NAME_MAX + 1]; /* its temporary name there; "": it has none */
};

#define NEW_FILE_INIT \
	{ \
		.fd = -1, .dir = -1 \
	}

/*
 * Makes an empty file in a folder: without a name where the file system can (O_TMPFILE), else with
 * a temporary one, which is prefix, cut to 200 bytes, and a number. A file with a temporary name is
 * locked (lock.h), and files of that prefix whose writers were killed are removed, so no file of a
 * user's may begin with prefix. at, folder: as in openat(2). mode: less the umask. Returns 0 or
 * -errno; new_file_close ends it in each case.
 */
_must_check_ int new_file_open(int at, const char *folder, const char *prefix, mode_t mode,
			       struct new_file *ret);

/* Does the writer of the temporary file of this name live? Returns 1; 0: no; or -errno: unknown,
 * e.g. the file is another user's, or the file system has no locks. */
_must_check_ int new_file_writer(int dir, const char *name);

/* Gives the file its name in that folder, and brings the name to the disk. Returns 0; -EEXIST where
 * something has this name; or another -errno, e.g. of a file system on which nothing of this works.
 */
_must_check_ int new_file_name(struct new_file *f, const char *name);

/* Removes the temporary name, if any. The open file stays. */
void new_file_forget(struct new_file *f);

/* The same, and closes the file unless the caller has taken it (fd: -1). */
void new_file_close(struct new_file *f);

/* Renames, and never replaces: -EEXIST where something is called to. Both names are in one folder.
 * Works on each file system that can rename. Returns 0 or -errno. */
_must_check_ int new_file_rename(int dir, const char *from, const char *to);

#endif
