/* SPDX-License-Identifier: MIT */
/* command.h - the child's side of a command: terminal, root, folder, environment, exec */
#ifndef STOREBOOT_AGENT_COMMAND_H
#define STOREBOOT_AGENT_COMMAND_H

#include "init/agent/agent.h"
#include "init/lib/request.h"

/* Sent through the pipe by a child that cannot become its command. */
struct command_failure {
	int num;    /* errno */
	int status; /* as in a shell: 127 not found, 126 not executable; 125: before the exec */
	char what[320];
};

/* In the child: becomes the command. std: its three descriptors; with a terminal only the first is
 * used. On failure writes a struct command_failure to the pipe failed and exits. */
void command_exec(const struct agent_config *c, const struct request *r, const int *std, int failed)
	__attribute__((noreturn));

/* Opens a terminal for the command: its master and its slave. Returns 0 or -errno. */
_must_check_ int command_terminal(const struct request *r, int *ret_master, int *ret_slave);

#endif
