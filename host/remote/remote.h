/* SPDX-License-Identifier: MIT */
/* remote.h - the commands that reach a VM which another `storeboot run` started */
#ifndef STOREBOOT_HOST_REMOTE_H
#define STOREBOOT_HOST_REMOTE_H

int cmd_exec(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_console(int argc, char **argv);

#endif
