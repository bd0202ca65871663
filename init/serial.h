/* SPDX-License-Identifier: MIT */
/* serial.h - a disk, found by its serial: its name depends on the order in which drivers find them
 */
#ifndef STOREBOOT_SERIAL_H
#define STOREBOOT_SERIAL_H

#include <stddef.h>

#include "init/lib/macro.h"

/* Bytes of a serial with its NUL: virtio and ATA have 20 at most, QEMU's SCSI disks 36. */
#define SERIAL_SIZE 64

/* Puts a disk's serial into ret; "" where it has none that fits. name: vda. */
void serial_of(const char *name, char ret[static SERIAL_SIZE]);

/* The same from SCSI's Unit Serial Number page. A pure function. */
void serial_of_page(const unsigned char *page, size_t len, char ret[static SERIAL_SIZE]);

/* The disk that is looked for, and its node where it was found; or "". */
struct serial_disk {
	const char *serial;
	char node[32];
};

/*
 * Opens the disk that has the serial for reading, and takes the I/O scheduler from it; arg: struct
 * serial_disk. A function for uevent_wait. Returns the descriptor, or -ENOENT as for no disk, or
 * -errno.
 */
_must_check_ int serial_open(void *arg);

#endif
