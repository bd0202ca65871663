/* SPDX-License-Identifier: MIT */
/* shell.h - a shell from the system's closure, on the console */
#ifndef STOREBOOT_SHELL_H
#define STOREBOOT_SHELL_H

#include "init/boot.h"

/*
 * Runs a shell inside the new root, with a controlling terminal, and waits for it. after: tells the
 * user the effect of exit ("exit powers off"). Returns 0, or -errno with e (-ENOENT: the closure is
 * not mounted, or has no shell).
 */
_must_check_ int shell_run(struct boot *b, const char *after, struct err *e);

/* Finds the device of /dev/console ("ttyS0"), which can be a controlling terminal; /dev/console
 * cannot. Returns 0 or -errno. */
_must_check_ int shell_console(const struct boot *b, char *ret, size_t size);

#endif
