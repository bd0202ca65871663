/* SPDX-License-Identifier: MIT */
/* command.h - the child's side of a command: terminal, root, folder, environment, exec */
#ifndef STOREBOOT_AGENT_COMMAND_H
#define STOREBOOT_AGENT_COMMAND_H

#include "init/agent/agent.h"
#include "init/lib/request.h"

/* What a command that could not be started says through its pipe. */
struct command_failure {
	int num;    /* errno */
	int status; /* as a shell has it: 127 not found, 126 cannot be executed; 125 for what came
		       before */
	char what[320];
};

/*
 * In the child: becomes the command. std: its three descriptors; of a terminal only the first
 * counts. Writes a struct command_failure to failed and exits where it cannot.
 */
void command_exec(const struct agent_config *c, const struct request *r, const int *std, int failed)
	__attribute__((noreturn));

/* A terminal for it: the master's descriptor, and the slave's. Returns 0 or -errno. */
_must_check_ int command_terminal(const struct request *r, int *ret_master, int *ret_slave);

#endif
