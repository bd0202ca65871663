/* SPDX-License-Identifier: MIT */
/* request.h - the options and environment variables that can be checked alone */
#ifndef STOREBOOT_HOST_REQUEST_H
#define STOREBOOT_HOST_REQUEST_H

#include "host/run/plan.h"

/* Checks p->v's values against each other, and stores in p what can be found without the system.
 * Returns 0, or -errno with e (EXIT_USAGE, EXIT_BAD_INPUT). */
_must_check_ int request_read(struct plan *p, struct err *e);

/*
 * Checks that each output (--json, --console-log, --plot) is a file of its own, under any name, and
 * not a disk. Call it before the first of them is opened, and perhaps made. Returns 0, or -EINVAL
 * with e (EXIT_USAGE).
 */
_must_check_ int outputs_check(const struct run_values *v, struct err *e);

#endif
