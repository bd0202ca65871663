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
	char path[PATH_MAX]; /* as it was asked for */
	char serial[BLOCKDEV_SERIAL_MAX + 1];
};

/* The root disk is the first where has_root says that there is one. */
struct disks {
	struct disk v[DISKS_MAX];
	size_t n;
	bool has_root;
	enum disk_interface interface;
};

struct disk_options {
	const char *qemu_img;
	const char *root;   /* the root disk's path; NULL: there is none */
	uint64_t root_size; /* bytes; 0: as it is, or DISK_ROOT_SIZE where there is none yet */
	bool fresh, ephemeral;
	enum disk_interface interface; /* of all of them */
	const char *const
		*more; /* NULL-terminated: PATH[,size=SIZE][,serial=TEXT][,ro][,raw]; or NULL */
};

#define DISK_ROOT_SIZE ((uint64_t)512 << 20)
/* The guest makes ext3 of it: fewer than 2^32 blocks of 4 KiB (fs/format.c). */
#define DISK_ROOT_END ((uint64_t)16 << 40)

/*
 * Parses one --disk into ret's path, serial and request. A comma in the path is written twice; the
 * serial is the file's name without its suffix unless it is given. A size without a unit is
 * refused. A pure function. Returns 0, or -EINVAL with e (EXIT_USAGE).
 */
_must_check_ int disk_parse(const char *text, struct disk *ret, struct err *e);

/* Finds, locks and checks all of them; changes nothing. Returns 0, or -errno with e as image_open,
 * or EXIT_USAGE. ret: zeroed; freed by disks_close also on failure. */
_must_check_ int disks_open(const struct disk_options *o, struct disks *ret, struct err *e);

/* Is a file that the run writes for another purpose, what, none of the disks? To be asked before
 * disks_ready. Returns 0, or -EINVAL with e (EXIT_USAGE). */
_must_check_ int disks_apart(const struct disks *d, const char *path, const char *what,
			     struct err *e);

/* Makes what QEMU opens (image_ready). Returns as image_open. */
_must_check_ int disks_ready(struct disks *d, struct err *e);

/* QEMU takes them: gives the new ones their names (image_commit). On failure disks_undo takes all
 * of it back. Returns as image_open. */
_must_check_ int disks_commit(struct disks *d, struct err *e);

/* QEMU does not run with them (image_undo). Does nothing after a disks_commit that succeeded. */
void disks_undo(struct disks *d);

/* What QEMU is told: into ret, of DISKS_MAX. by_path: for reading, not for running. */
void disks_qemu(const struct disks *d, bool by_path, struct qemu_disk *ret);

void disks_close(struct disks *d);

#endif
