/* SPDX-License-Identifier: MIT */
/* run.h - `storeboot run` */
#ifndef STOREBOOT_HOST_RUN_H
#define STOREBOOT_HOST_RUN_H

/* argv[0] is "run". Returns the exit status. */
int cmd_run(int argc, char **argv);

/* One thing that a run needs was looked at; r: 0, or -errno with e. */
struct err;
typedef void (*run_told)(const char *name, int r, const struct err *e, void *arg);

/* Looks at all that `storeboot run` with these arguments would look at, until something is not
 * right; makes nothing but what is cached. */
void run_look(int argc, char **argv, run_told told, void *arg);

#endif
