/* SPDX-License-Identifier: MIT */
/* folder.h - the private folder of one run, and the keeper that clears up behind a killed launcher */
#ifndef STOREBOOT_HOST_FOLDER_H
#define STOREBOOT_HOST_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

#include "init/lib/err.h"

/*
 * Makes a folder of mode 0700 in $XDG_RUNTIME_DIR when that is ours, else in $TMPDIR, else in /tmp.
 * ret: its absolute path, PATH_MAX bytes. Returns 0 or -errno with e.
 */
_must_check_ int folder_make(char *ret, struct err *e);

/* Removes the folder and what is in it, following no link. Nothing there is no failure. */
void folder_remove(const char *path);

/* Writes a file of mode 0600 into the folder. Returns 0 or -errno with e. */
_must_check_ int folder_write(const char *folder, const char *name, const void *data, size_t len,
			      struct err *e);

/*
 * A small process that waits for the launcher's end and then removes the folder and gives the
 * terminal its modes back: what the launcher itself does unless it is killed.
 */
struct keeper {
	pid_t pid;   /* 0: none */
	int pipe_fd; /* its end is the launcher's end; -1: none */
};

#define KEEPER_INIT { 0, -1 }

/* tty_fd: -1, or a terminal whose modes are then set to modes. Returns 0 or -errno with e. */
_must_check_ int keeper_start(struct keeper *k, const char *folder, int tty_fd,
			      const struct termios *modes, struct err *e);

/* Dismisses it: it ends and touches nothing. */
void keeper_stop(struct keeper *k);

#endif
