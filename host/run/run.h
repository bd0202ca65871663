/* SPDX-License-Identifier: MIT */
/* run.h - `storeboot run` */
#ifndef STOREBOOT_HOST_RUN_H
#define STOREBOOT_HOST_RUN_H

/* argv[0] is "run". Returns the exit status. */
int cmd_run(int argc, char **argv);

#endif
