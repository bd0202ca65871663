/* SPDX-License-Identifier: MIT */
/* cmdline.h - the kernel command line of a run */
#ifndef STOREBOOT_HOST_CMDLINE_H
#define STOREBOOT_HOST_CMDLINE_H

#include "init/lib/err.h"
#include "init/lib/str.h"
#include "init/param.h"

/* A string that is NULL is left out. */
struct cmdline {
	bool no_self_tests;	     /* skip the tests of crypto drivers, unless in FIPS mode */
	const char *one_bus;	     /* a parameter for a machine with one PCI bus */
	const char *params;	     /* the system's own: contents of kernel-params */
	union param_values param;    /* those of stage 1, without console= */
	const char *const *consoles; /* NULL-terminated; the last one becomes /dev/console */
	const char *no_driver;	     /* a module that udev must not load */
	const char *append;	     /* the user's own parameters, after all others */
};

/*
 * Builds the command line. The last of a repeated parameter counts, so the user's come last, and
 * no_self_tests and one_bus, which only make the boot faster, come first. White space at the ends
 * of params is dropped, newlines become spaces. A pure function; e must be zeroed. Returns 0,
 * -ENOMEM, or with EXIT_BAD_INPUT: -E2BIG if it exceeds max bytes (e has the length), -EINVAL if
 * params would swallow what follows or a value cannot be written.
 */
_must_check_ int cmdline_build(const struct cmdline *c, size_t max, struct buf *ret, struct err *e);

#endif
