/* SPDX-License-Identifier: MIT */
/* blockdev.h - QEMU's arguments for the disks, node by node */
#ifndef STOREBOOT_HOST_BLOCKDEV_H
#define STOREBOOT_HOST_BLOCKDEV_H

#include <stdbool.h>
#include <stddef.h>

#include "host/lib/argv.h"

/* virtio-blk's VIRTIO_BLK_ID_BYTES, and ATA's IDENTIFY DEVICE, words 10 to 19: what is longer would
 * be cut. */
#define BLOCKDEV_SERIAL_MAX 20

/* How a disk is connected; the words for it, behind them a NULL; and what the guest calls the first
 * one. */
enum disk_interface { DISK_BY_VIRTIO, DISK_BY_SCSI, DISK_BY_IDE, DISK_INTERFACE_COUNT };
extern const char *const disk_interface_words[];
extern const char *const disk_interface_first[];

struct qemu_disk {
	const char *file;   /* the image's path; absolute */
	int fd;		    /* QEMU inherits it and opens that; -1: opens file */
	int layer_fd;	    /* a qcow2 file over the image, which then is only read; -1: none */
	const char *format; /* "qcow2" or "raw" */
	const char *serial; /* at most BLOCKDEV_SERIAL_MAX bytes */
	bool read_only;	    /* not by IDE: an ATA disk can always be written */
	enum disk_interface interface;
};

/*
 * Appends the arguments for the disks, in order; disk N's topmost node is named "diskN". A file is
 * never probed for what it is, and nothing below it is opened that is not named here. A failed
 * write or read goes to the guest (report): the machine never stops. A pure function.
 */
void blockdev_args(const struct qemu_disk *disks, size_t n, struct argv *ret);

#endif
