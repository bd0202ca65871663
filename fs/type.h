/* SPDX-License-Identifier: MIT */
/* type.h - the file systems that a root disk may have, a row each */
#ifndef STOREBOOT_FS_TYPE_H
#define STOREBOOT_FS_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "init/lib/err.h"

/* Bytes at a disk's beginning that tell whether a file system is whole. */
#define FS_HEAD_SIZE 2048

struct fs_growth {
	uint64_t disk;	      /* bytes of the disk */
	uint64_t before, now; /* bytes of the file system; equal if it did not grow */
	bool tried;	      /* it was smaller than its disk */
	bool smaller;	      /* and still is */
	int num;	      /* errno of the attempt, or 0 */
};

/* NULL: not for this type; the file system is then mounted as it is. */
struct fs_type {
	const char *name;	 /* rootfstype=, as libblkid and the kernel have it */
	const char *also[2];	 /* other types that its driver mounts */
	const char *repair_tool; /* the program that mends a damaged one, for a message */

	/* Makes one on an empty disk (format.h, fs_format_ext3). */
	int (*make)(const char *path, uint64_t size, const char *label, struct err *e);

	/* Whether a disk of size bytes that begins with head (FS_HEAD_SIZE bytes) holds a whole one
	 * with this UUID (16 bytes), of which make wrote the last block. */
	bool (*whole)(const uint8_t *head, const uint8_t *uuid, uint64_t size);

	/* Grows the one on disk, which is mounted on the folder, to the end of the disk. */
	void (*grow)(const char *disk, const char *folder, struct fs_growth *ret);
};

/* Returns the row of that name, or NULL. */
const struct fs_type *fs_type_find(const char *name);

/* Whether a driver that is asked for one type mounts what libblkid found. type: its row, or NULL.
 */
bool fs_type_mounts(const char *asked, const struct fs_type *type, const char *found);

#endif
