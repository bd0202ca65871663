/* SPDX-License-Identifier: MIT */
/* remote.h - the commands for a VM that another `storeboot run` started */
#ifndef STOREBOOT_HOST_VMS_REMOTE_H
#define STOREBOOT_HOST_VMS_REMOTE_H

#include "host/lib/opt.h"

int cmd_exec(int argc, char **argv);
extern const struct opt_command exec_command;
int cmd_connect(int argc, char **argv);
extern const struct opt_command connect_command;
int cmd_stop(int argc, char **argv);
extern const struct opt_command stop_command;
int cmd_balloon(int argc, char **argv);
extern const struct opt_command balloon_command;
int cmd_console(int argc, char **argv);
extern const struct opt_command console_command;
int cmd_log(int argc, char **argv);
extern const struct opt_command log_command;

#endif
