/* SPDX-License-Identifier: MIT */
/* run.h - `storeboot run` */
#ifndef STOREBOOT_HOST_RUN_H
#define STOREBOOT_HOST_RUN_H

/* argv[0] is "run". Returns the exit status. */
int cmd_run(int argc, char **argv);

/* Called after each check of a run; r: its result, 0 or -errno with e. */
struct err;
typedef void (*run_told)(const char *name, int r, const struct err *e, void *arg);

/* Runs the checks of `storeboot run` with these arguments, up to the first that fails. Makes
 * nothing except caches. */
void run_look(int argc, char **argv, run_told told, void *arg);

#endif
