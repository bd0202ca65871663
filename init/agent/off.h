/* SPDX-License-Identifier: MIT */
/* off.h - powers the machine off, through stage 2 or directly */
#ifndef STOREBOOT_AGENT_OFF_H
#define STOREBOOT_AGENT_OFF_H

#include <sys/types.h>

#include "init/lib/macro.h"

/* Asks PID 1 for a clean power-off. system_config: the system whose poweroff is tried first, or
 * NULL. Returns 0 if PID 1 was asked; the pid of a running poweroff program, which exits with a
 * nonzero status if it fails; -ENOTSUP if PID 1 handles no such request; or -errno. */
_must_check_ pid_t off_ask(const char *system_config);

/* Ends every process except PID 1, makes the root clean and read-only, and powers off. */
void off_now(void) __attribute__((noreturn));

/* Syncs the file system mounted at root and makes it read-only. Retries for 2 s, as killed
 * processes may hold it for a moment. Returns 0, or -errno if it stays writable. */
_must_check_ int off_read_only(const char *root);

#endif
