/* SPDX-License-Identifier: MIT */
/* type.h - table of the file systems for a root disk */
#ifndef STOREBOOT_FS_TYPE_H
#define STOREBOOT_FS_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "init/lib/err.h"

/* Bytes at the start of a disk that show whether a file system is complete. */
#define FS_HEAD_SIZE 2048

struct fs_growth {
	uint64_t disk;	      /* bytes of the disk */
	uint64_t before, now; /* bytes of the file system; equal if it did not grow */
	bool tried;	      /* it could grow on its disk */
	bool smaller;	      /* it still can */
	int num;	      /* errno of the attempt, or 0 */
};

/* A NULL function: not supported for this type. */
struct fs_type {
	const char *name;	 /* as in rootfstype=, in libblkid and in the kernel */
	const char *also[2];	 /* other types that the same driver mounts */
	const char *repair_tool; /* the program that repairs it, for a message */

	/* Formats an empty disk (format.h, fs_format_ext3). */
	int (*make)(const char *path, uint64_t size, const char *label, struct err *e);

	/* Returns true if head (FS_HEAD_SIZE bytes) starts a disk of size bytes with a complete
	 * file system of this UUID (16 bytes), whose last block make has written. */
	bool (*whole)(const uint8_t *head, const uint8_t *uuid, uint64_t size);

	/* Grows the file system on disk, mounted on folder, to the end of the disk. */
	void (*grow)(const char *disk, const char *folder, struct fs_growth *ret);
};

/* Returns the row for a name, or NULL. */
const struct fs_type *fs_type_find(const char *name);

/* Returns true if the driver for the type asked mounts the type that libblkid found. type: the row
 * of asked, or NULL. */
bool fs_type_mounts(const char *asked, const struct fs_type *type, const char *found);

#endif
