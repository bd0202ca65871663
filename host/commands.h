/* SPDX-License-Identifier: MIT */
/* commands.h - the table of subcommands, as main has it */
#ifndef STOREBOOT_HOST_COMMANDS_H
#define STOREBOOT_HOST_COMMANDS_H

#include "host/lib/opt.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *about;		    /* NULL: storeboot's own use, told to nobody */
	const struct opt_command *options; /* NULL: none that are told */
	bool takes_vm;			    /* its argument is the name of one that runs, no file */
	const char *words;		    /* what its first argument can be, apart by blanks, or NULL */
};

/* Ends with a row without a name. */
extern const struct command commands[];

/* `storeboot completion bash|zsh|fish`: argv[0] is "completion". Returns the exit status. */
int cmd_completion(int argc, char **argv);
extern const struct opt_command completion_command;

#endif
