/* SPDX-License-Identifier: MIT */
/* disk.h - the disks of a run: the root disk, and those of --disk */
#ifndef STOREBOOT_HOST_DISK_H
#define STOREBOOT_HOST_DISK_H

#include "host/disk/blockdev.h"
#include "host/disk/image.h"

#define DISKS_MAX 16
#define DISK_ROOT_SERIAL "storeboot-root"

struct disk {
	struct image_request request;
	struct image image;
	char path[PATH_MAX]; /* as given */
	char serial[BLOCKDEV_SERIAL_MAX + 1];
};

/* If has_root, the first is the root disk. */
struct disks {
	struct disk v[DISKS_MAX];
	size_t n;
	bool has_root;
	enum disk_interface interface;
};

struct disk_options {
	const char *qemu_img;
	const char *root;   /* the root disk's path; NULL: no root disk */
	uint64_t root_size; /* bytes; 0: unchanged, or DISK_ROOT_SIZE for a new disk */
	bool fresh, ephemeral;
	enum disk_interface interface; /* of all disks */
	const char *const
		*more; /* NULL-terminated: PATH[,size=SIZE][,serial=TEXT][,ro][,raw]; or NULL */
};

#define DISK_ROOT_SIZE ((uint64_t)512 << 20)
/* Limit of --disk-size, exclusive: ext3 has fewer than 2^32 blocks of 4 KiB (fs/format.c). */
#define DISK_ROOT_END ((uint64_t)16 << 40)

/* Parses one --disk into ret's path, serial and request. A comma in the path is doubled. The
 * default serial is the file's name without its suffix. A size without a unit is refused. A pure
 * function. Returns 0, or -EINVAL with e (EXIT_USAGE). */
_must_check_ int disk_parse(const char *text, struct disk *ret, struct err *e);

/* Finds, locks and checks all disks. Changes nothing. ret: zeroed; free it with disks_close also
 * on failure. Returns 0, or -errno with e as image_open, or EXIT_USAGE. */
_must_check_ int disks_open(const struct disk_options *o, struct disks *ret, struct err *e);

/* Checks that a file that the run writes is none of the disks. what: its purpose, for the message.
 * Call it before disks_ready. Returns 0, or -EINVAL with e (EXIT_USAGE). */
_must_check_ int disks_apart(const struct disks *d, const char *path, const char *what,
			     struct err *e);

/* Makes the files that QEMU opens (image_ready). Returns as image_open. */
_must_check_ int disks_ready(struct disks *d, struct err *e);

/* Gives new disks their names (image_commit), after QEMU has accepted its arguments. On failure
 * call disks_undo. Returns as image_open. */
_must_check_ int disks_commit(struct disks *d, struct err *e);

/* For a run whose QEMU did not start: undoes the changes (image_undo). Does nothing after a
 * disks_commit that succeeded. */
void disks_undo(struct disks *d);

/* Describes the disks for QEMU. ret: DISKS_MAX elements. by_path: paths without descriptors, for a
 * command that is printed, not run. */
void disks_qemu(const struct disks *d, bool by_path, struct qemu_disk *ret);

void disks_close(struct disks *d);

#endif
