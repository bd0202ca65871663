/* SPDX-License-Identifier: MIT */
/* commands.h - the table of subcommands */
#ifndef STOREBOOT_HOST_COMMANDS_H
#define STOREBOOT_HOST_COMMANDS_H

#include "host/lib/opt.h"

struct command {
	const struct opt_command *is; /* without a brief: internal, not listed */
	int (*run)(int argc, char **argv);
};

/* Ends with an empty row. */
extern const struct command commands[];

/* Loops over the commands that users see. */
#define COMMAND_EACH(c) \
	for (const struct command *row_ = commands; row_->is; row_++) \
		for (const struct opt_command *c = row_->is->brief ? row_->is : NULL; c; c = NULL)

/* `storeboot completion bash|zsh|fish`: argv[0] is "completion". Returns the exit status. */
int cmd_completion(int argc, char **argv);
extern const struct opt_command completion_command;

#endif
