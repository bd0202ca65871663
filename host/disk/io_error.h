/* SPDX-License-Identifier: MIT */
/* io_error.h - why the host could not write or read a disk of the guest */
#ifndef STOREBOOT_HOST_IO_ERROR_H
#define STOREBOOT_HOST_IO_ERROR_H

#include "host/disk/blockdev.h"

/* What QEMU tells: BLOCK_IO_ERROR of its monitor. */
struct io_error {
	const char *node;      /* "diskN" (blockdev.h) */
	const char *operation; /* "write" or "read" */
	const char *reason;    /* strerror(3)'s words */
	bool no_space;	       /* QEMU says that it is for want of room */
};

/*
 * One line: the file, or the node of a disk that is not among these; what could not be done, why,
 * and which that one is full, and how much room is left. A throw-away layer is a file of its own,
 * and may lie elsewhere.
 */
void io_error_text(const struct qemu_disk *disks, size_t n, const struct io_error *e, char *dst,
		   size_t size);

#endif
