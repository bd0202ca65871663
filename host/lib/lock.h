/* SPDX-License-Identifier: MIT */
/* lock.h - locks on files that other programs also open and lock */
#ifndef STOREBOOT_HOST_LIB_LOCK_H
#define STOREBOOT_HOST_LIB_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "init/lib/str.h"

struct stat;

/*
 * Locks the file for the lifetime of the open file, in this process and in those that inherit it.
 * Does not wait. shared: others may lock it shared, too. fd must be open for reading, and also for
 * writing unless shared. Returns 0, -EBUSY if another process has the lock, or another -errno if
 * the file system has no locks.
 */
_must_check_ int lock_file(int fd, bool shared);

/* Does path still name the open file, without following a link? It may have been removed or
 * replaced before the lock was taken. */
bool lock_is_at(int fd, const char *path);

/* Returns the pid of the process that took a flock(2) on the file, or 0 if it cannot be seen, for
 * example from another PID namespace. st: of path. */
pid_t lock_holder(const char *path, const struct stat *st);

#endif
