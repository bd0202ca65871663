/* SPDX-License-Identifier: MIT */
/* stage.h - paths of a store shown by themselves, in a mount namespace that a child makes for them
 */
#ifndef STOREBOOT_HOST_STAGE_H
#define STOREBOOT_HOST_STAGE_H

#include <sys/types.h>

#include "init/lib/str.h"

/*
 * For a child process whose stderr is a pipe to its parent, which takes the last line for the
 * reason. Each ends the process where it fails. stage_fail does so with the line "WHAT NAME:
 * errno's text".
 */
void stage_fail(const char *what, const char *name);

/* To be called first: makes said the child's stderr, and enters a mount namespace of its own, in a
 * user namespace of its own where it may not otherwise. In that it is root. The child is killed
 * when its parent ends. */
void stage_begin(int said, pid_t parent);

/* Where stage_make mounts: a folder of the host's that no store needs. */
const char *stage_path(void);

/* Mounts an empty file system in memory there and makes it the working directory. */
void stage_make(void);

/* Shows the path NAME of the folder store (a descriptor, opened after stage_begin) as to, below the
 * working directory: a bind, or for a link the same link. Returns true where it is a folder. */
bool stage_show(int store, const char *name, const char *to);

#endif
