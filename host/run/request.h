/* SPDX-License-Identifier: MIT */
/* request.h - what the words of the command line and of the environment say by themselves */
#ifndef STOREBOOT_HOST_REQUEST_H
#define STOREBOOT_HOST_REQUEST_H

#include "host/run/plan.h"

/*
 * Checks p->v's values against each other, and takes into the rest of the plan what needs no look
 * at the system. Returns 0, or -errno with e (EXIT_USAGE, EXIT_BAD_INPUT).
 */
_must_check_ int request_read(struct plan *p, struct err *e);

/*
 * Is each output (--json, --console-log, --plot) a file of its own, by any of its names, and no
 * disk's? Call this before the first of them is opened, which may make it. Returns 0, or -EINVAL
 * with e (EXIT_USAGE).
 */
_must_check_ int outputs_check(const struct run_values *v, struct err *e);

#endif
