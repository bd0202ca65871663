/* SPDX-License-Identifier: MIT */
/* stage.h - selected paths of a store, mounted in a child process's own mount namespace */
#ifndef STOREBOOT_HOST_STAGE_H
#define STOREBOOT_HOST_STAGE_H

#include <sys/types.h>

#include "init/lib/str.h"

/* For a child process whose stderr is a pipe to its parent. Each function exits the process on
 * failure, and the last line of stderr is the reason. stage_fail exits with the line "WHAT NAME:
 * errno's text". */
void stage_fail(const char *what, const char *name);

/* Call first. said: becomes the child's stderr. Enters a new mount namespace; if that is not
 * permitted, in a new user namespace, as its root. The child is killed when its parent ends. */
void stage_begin(int said, pid_t parent);

/* The mount point of stage_make: a folder of the host that no store needs. */
const char *stage_path(void);

/* Mounts an empty tmpfs at stage_path and makes it the working directory. */
void stage_make(void);

/* Opens the folder path in the child's namespace, where mount(2) needs it, and returns a
 * descriptor. Fails if it is not the folder that fd has, because another has taken its path. */
int stage_open(const char *path, int fd);

/* Shows name, a path of the folder store (a descriptor, opened after stage_begin), as to in the
 * working directory: by a bind mount, or for a symlink by the same symlink. Returns true if it is
 * a folder. */
bool stage_show(int store, const char *name, const char *to);

#endif
