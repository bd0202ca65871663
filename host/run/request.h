/* SPDX-License-Identifier: MIT */
/* request.h - what the words of the command line and of the environment say by themselves */
#ifndef STOREBOOT_HOST_REQUEST_H
#define STOREBOOT_HOST_REQUEST_H

#include "host/run/launch.h"
#include "host/run/options.h"

/*
 * Checks the values against each other and takes into plan and watch what needs no look at the system; fills in
 * what v has of other options' text. Returns 0, or -errno with e (EXIT_USAGE, EXIT_BAD_INPUT).
 */
_must_check_ int request_read(struct run_values *v, const struct opt_args *args, struct plan *p,
			      struct watch *w, struct err *e);

#endif
