/* SPDX-License-Identifier: MIT */
/* off.h - the machine's end: asked of stage 2, or done */
#ifndef STOREBOOT_AGENT_OFF_H
#define STOREBOOT_AGENT_OFF_H

#include <sys/types.h>

#include "init/lib/macro.h"

/*
 * Asks PID 1 for a clean power-off in the way that it understands. system_config: where the
 * system's poweroff is looked for first; or NULL. Returns 0 when it was asked; the pid of a program
 * that asks it now (a status but 0 says that it could not); -ENOTSUP where PID 1 listens to nobody.
 */
_must_check_ pid_t off_ask(const char *system_config);

/* Ends every process but PID 1, makes the root file system clean and read-only, and switches off.
 */
void off_now(void) __attribute__((noreturn));

/* Writes out and makes read-only the file system mounted at root; who was killed may need a moment
 * to let go of it. Returns 0, or -errno where it stayed writable. */
_must_check_ int off_read_only(const char *root);

#endif
