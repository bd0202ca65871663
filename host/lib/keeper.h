/* SPDX-License-Identifier: MIT */
/* keeper.h - the process that cleans up after a killed launcher */
#ifndef STOREBOOT_HOST_LIB_KEEPER_H
#define STOREBOOT_HOST_LIB_KEEPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "init/lib/err.h"

/* A small process that waits for the launcher to die, and then removes a folder and restores the
 * terminal's modes. Unless it is killed, the launcher does this itself. */
struct keeper {
	pid_t pid;   /* 0: none */
	int pipe_fd; /* closed when the launcher dies; -1: none */
};

#define KEEPER_INIT \
	{ \
		0, -1 \
	}

struct keeper_task {
	const char *folder;
	/* NULL: nothing to remove. Returns 0 when the folder is gone; else it is called again for a
	 * while. */
	int (*remove)(const char *folder);
	int tty_fd;	       /* a terminal, or -1 */
	void (*restore)(void); /* restores the terminal's modes (terminal_keep) */
};

/* Returns 0 or -errno with e. */
_must_check_ int keeper_start(struct keeper *k, const struct keeper_task *t, struct err *e);

/* Ends the keeper and waits for it. done: the launcher has done the task itself. Otherwise, perhaps
 * for lack of memory or descriptors, the keeper does it now, in at most 2 s. */
void keeper_end(struct keeper *k, bool done);

/* Ends the keeper without any cleaning up. */
void keeper_stop(struct keeper *k);

#endif
