/* SPDX-License-Identifier: MIT */
/* serial.h - a virtio disk, found by its serial: which name it gets is QEMU's order of arguments */
#ifndef STOREBOOT_SERIAL_H
#define STOREBOOT_SERIAL_H

#include <stddef.h>

#include "init/lib/macro.h"

/* Puts a disk's serial into ret (virtio_blk's "serial", at most 20 bytes; empty where it has none).
 * name: vda. Returns 0 or -errno: no disk, or one of another kind. */
_must_check_ int serial_of(const char *name, char *ret, size_t size);

/* The disk that is looked for, and its node where it was found; or "". */
struct serial_disk {
	const char *serial;
	char node[32];
};

/*
 * Opens the disk that has the serial for reading; arg: struct serial_disk. A function for uevent_wait.
 * Returns the descriptor, or -ENOENT as for no disk, or -errno.
 */
_must_check_ int serial_open(void *arg);

#endif
