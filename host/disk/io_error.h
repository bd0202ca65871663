/* SPDX-License-Identifier: MIT */
/* io_error.h - messages for a failed read or write of a guest's disk */
#ifndef STOREBOOT_HOST_IO_ERROR_H
#define STOREBOOT_HOST_IO_ERROR_H

#include "host/disk/blockdev.h"

/* The monitor's event BLOCK_IO_ERROR. */
struct io_error {
	const char *node;      /* "diskN" (blockdev.h) */
	const char *operation; /* "write" or "read" */
	const char *reason;    /* text of strerror(3) */
	bool no_space;	       /* QEMU reports that the file system is full */
};

/* Formats one line: the operation, the file (or the node, if it is none of these disks), the
 * reason, and the host's file system with, if it is full, the space left. A failed write to a
 * throw-away layer names the layer's file system, which may be another one. */
void io_error_text(const struct qemu_disk *disks, size_t n, const struct io_error *e, char *dst,
		   size_t size);

#endif
