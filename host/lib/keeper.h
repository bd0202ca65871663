/* SPDX-License-Identifier: MIT */
/* keeper.h - the process that clears up behind a killed launcher */
#ifndef STOREBOOT_HOST_LIB_KEEPER_H
#define STOREBOOT_HOST_LIB_KEEPER_H

#include <sys/types.h>

#include "init/lib/err.h"

/*
 * A small process that waits for the launcher's end and then removes a folder and gives the
 * terminal its modes back: what the launcher itself does unless it is killed.
 */
struct keeper {
	pid_t pid;   /* 0: none */
	int pipe_fd; /* its end is the launcher's end; -1: none */
};

#define KEEPER_INIT \
	{ \
		0, -1 \
	}

struct keeper_task {
	const char *folder;
	/* NULL: there is none. Returns 0 when it is gone; else it is tried again, for a while. */
	int (*remove)(const char *folder);
	int tty_fd;	       /* -1, or a terminal ... */
	void (*restore)(void); /* ... and what gives it its modes back (terminal_keep) */
};

/* Returns 0 or -errno with e. */
_must_check_ int keeper_start(struct keeper *k, const struct keeper_task *t, struct err *e);

/* Dismisses it: it ends and touches nothing. */
void keeper_stop(struct keeper *k);

#endif
