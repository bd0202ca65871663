/* SPDX-License-Identifier: MIT */
/* report.h - the records' way to the host: a character device, raw */
#ifndef STOREBOOT_REPORT_H
#define STOREBOOT_REPORT_H

#include <stdbool.h>

#include "init/lib/err.h"
#include "init/lib/record.h"
#include "init/lib/str.h"

/* Zero-initialise with fd = -1. Records added before the device is open wait for it. */
struct report {
	int fd;
	bool off; /* the device cannot be opened, or failed */
	struct buf waiting;
};

/* Adds one record. A device that cannot be written is closed: the boot matters more. */
void report_add(struct report *r, const struct record *rec);

/*
 * Opens the device for writing, without line editing (termios(3), raw mode: no CR before LF, no
 * echo), and sends what waits. Returns 0 or -errno.
 */
_must_check_ int report_open(struct report *r, const char *device, struct err *e);

/* No more records: drops what waits. */
void report_off(struct report *r);

/* Waits until the device has sent all: what follows is a power-off. */
void report_drain(const struct report *r);

#endif
