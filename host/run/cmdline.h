/* SPDX-License-Identifier: MIT */
/* cmdline.h - the kernel command line of a run */
#ifndef STOREBOOT_HOST_CMDLINE_H
#define STOREBOOT_HOST_CMDLINE_H

#include "init/lib/err.h"
#include "init/lib/str.h"
#include "init/param.h"

/* Every string may be NULL: it is then left out. */
struct cmdline {
	const char *params;	     /* the system's own: contents of kernel-params */
	union param_values param;    /* those of stage 1, without console= */
	const char *const *consoles; /* NULL-terminated; the last one is /dev/console */
	const char *no_driver;	     /* a module that udev is not to load */
	const char *append;	     /* the user's own parameters, after all others */
};

/*
 * Puts the command line together; the last of a repeated word counts, so the user's come last. A
 * newline at the end of params goes, others become spaces. A pure function; e must be zeroed.
 * Returns 0 or -ENOMEM, or with EXIT_BAD_INPUT -E2BIG, e naming the length, when it is over max
 * bytes, and -EINVAL for params that would swallow what follows or a value that cannot be written.
 */
_must_check_ int cmdline_build(const struct cmdline *c, size_t max, struct buf *ret, struct err *e);

#endif
