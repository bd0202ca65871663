/* SPDX-License-Identifier: MIT */
/* lock.h - a lock on a file that other programs open and lock, too */
#ifndef STOREBOOT_HOST_LIB_LOCK_H
#define STOREBOOT_HOST_LIB_LOCK_H

#include <stdbool.h>

#include "init/lib/str.h"

/*
 * Locks the file for as long as the open file lives, here and in each process that inherits it;
 * waits for nobody. shared: with others that lock it so. fd is open for reading, and for writing
 * unless shared. Returns 0; -EBUSY: another one has it; or another -errno: the file system has no
 * locks.
 */
_must_check_ int lock_file(int fd, bool shared);

/* Does the path, no link followed, still name the open file? Somebody may have removed or replaced
 * it before the lock was taken. */
bool lock_is_at(int fd, const char *path);

#endif
