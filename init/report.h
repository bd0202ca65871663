/* SPDX-License-Identifier: MIT */
/* report.h - send records to the host through a character device in raw mode */
#ifndef STOREBOOT_REPORT_H
#define STOREBOOT_REPORT_H

#include <stdbool.h>

#include "init/lib/err.h"
#include "init/lib/record.h"
#include "init/lib/str.h"

/* Initialise to zero with fd = -1. Records added before the device is open are kept until then. */
struct report {
	int fd;
	bool off; /* the device could not be opened, or has failed */
	struct buf waiting;
};

/* Adds one record. Closes the device if it cannot be written; the boot continues. */
void report_add(struct report *r, const struct record *rec);

/* Opens the device in raw mode (termios(3): no CR before LF, no echo) and sends the waiting
 * records. Returns 0 or -errno. */
_must_check_ int report_open(struct report *r, const char *device, struct err *e);

/* Stops reporting and drops the waiting records. */
void report_off(struct report *r);

/* Waits until the device has sent everything, before a power-off. */
void report_drain(const struct report *r);

#endif
