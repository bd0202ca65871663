/* SPDX-License-Identifier: MIT */
/* blockdev.h - QEMU's arguments for the disks, node by node */
#ifndef STOREBOOT_HOST_BLOCKDEV_H
#define STOREBOOT_HOST_BLOCKDEV_H

#include <stdbool.h>
#include <stddef.h>

#include "host/lib/argv.h"

/* Limit of virtio-blk (VIRTIO_BLK_ID_BYTES) and ATA (IDENTIFY DEVICE, words 10 to 19). A longer
 * serial would be cut. */
#define BLOCKDEV_SERIAL_MAX 20

/* How a disk is connected; the names of the interfaces, NULL-terminated; and the guest's name of
 * the first disk on each. */
enum disk_interface { DISK_BY_VIRTIO, DISK_BY_SCSI, DISK_BY_IDE, DISK_INTERFACE_COUNT };
extern const char *const disk_interface_words[];
extern const char *const disk_interface_first[];

struct qemu_disk {
	const char *file;   /* the image's path; absolute */
	int fd;		    /* QEMU inherits and opens it; -1: QEMU opens file */
	int layer_fd;	    /* a qcow2 layer for writes, over the image; -1: none */
	const char *format; /* "qcow2" or "raw" */
	const char *serial; /* at most BLOCKDEV_SERIAL_MAX bytes */
	bool read_only;	    /* not with IDE: an ATA disk is always writable */
	enum disk_interface interface;
};

/*
 * Appends the arguments for the disks, in order. Disk N's topmost node is named "diskN". QEMU
 * never probes a file's format, and opens no backing file that is not named here. A failed write
 * or read is reported to the guest (report) and does not stop the machine. A pure function.
 */
void blockdev_args(const struct qemu_disk *disks, size_t n, struct argv *ret);

#endif
