/* SPDX-License-Identifier: MIT */
/* outputs.h - the files that a run writes */
#ifndef STOREBOOT_HOST_OUTPUTS_H
#define STOREBOOT_HOST_OUTPUTS_H

#include "host/run/options.h"

/*
 * Is each output (--json, --console-log, --plot) a file of its own, by any of its names, and no disk's? To be
 * asked before the first of them is opened, which may make it. Returns 0, or -EINVAL with e (EXIT_USAGE).
 */
_must_check_ int outputs_check(const struct run_values *v, struct err *e);

#endif
