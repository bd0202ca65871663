/* SPDX-License-Identifier: MIT */
/* serial.h - find a disk by its serial, because its name depends on the order of detection */
#ifndef STOREBOOT_SERIAL_H
#define STOREBOOT_SERIAL_H

#include <stddef.h>

#include "init/lib/macro.h"

/* Bytes with the NUL. virtio and ATA serials have at most 20, those of QEMU's SCSI disks 36. */
#define SERIAL_SIZE 64

/* Reads a disk's serial; "" if it has none or it is too long. name: "vda". */
void serial_of(const char *name, char ret[static SERIAL_SIZE]);

/* Parses SCSI's Unit Serial Number page. Result as serial_of. A pure function. */
void serial_of_page(const unsigned char *page, size_t len, char ret[static SERIAL_SIZE]);

/* The serial to find, and the node of the disk once found, or "". */
struct serial_disk {
	const char *serial;
	char node[32];
};

/* Opens the disk with the serial for reading and sets its I/O scheduler to none. For uevent_wait.
 * arg: struct serial_disk. Returns the descriptor, -ENOENT if there is no such disk, or -errno. */
_must_check_ int serial_open(void *arg);

#endif
