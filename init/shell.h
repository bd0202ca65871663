/* SPDX-License-Identifier: MIT */
/* shell.h - a shell from the system's closure, on the console */
#ifndef STOREBOOT_SHELL_H
#define STOREBOOT_SHELL_H

#include "init/boot.h"

/*
 * Runs it inside the new root, with a controlling terminal, until it ends; after: what happens
 * then, for the user ("exit powers off"). Returns 0 or -errno with e saying why there is none
 * (-ENOENT: the closure is not mounted, or has no shell).
 */
_must_check_ int shell_run(struct boot *b, const char *after, struct err *e);

/* The device behind /dev/console, which can be a controlling terminal as /dev/console cannot:
 * "ttyS0". Returns 0 or -errno. */
_must_check_ int shell_console(const struct boot *b, char *ret, size_t size);

#endif
