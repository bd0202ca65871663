/* SPDX-License-Identifier: MIT */
/* request.h - the options and environment variables that can be checked alone */
#ifndef STOREBOOT_HOST_REQUEST_H
#define STOREBOOT_HOST_REQUEST_H

#include "host/run/plan.h"

/* Checks p->v's values against each other, and stores in p what can be found without the system.
 * Returns 0, or -errno with e (EXIT_USAGE, EXIT_BAD_INPUT). */
_must_check_ int request_read(struct plan *p, struct err *e);

/*
 * Adds the shared folders of the environment, and checks the files of the run: each output (--json,
 * --console-log, --plot) is a file of its own, under any name, and not a disk; and the guest can
 * write none of the files (paths.h). Call it before request_read, and before the first output is
 * opened, and perhaps made. Returns 0, or -errno with e (EXIT_USAGE, EXIT_BAD_INPUT, EXIT_MISSING).
 */
_must_check_ int request_files(struct plan *p, struct err *e);

#endif
