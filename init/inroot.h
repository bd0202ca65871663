/* SPDX-License-Identifier: MIT */
/* inroot.h - resolve paths in a system that is not the root yet */
#ifndef STOREBOOT_INROOT_H
#define STOREBOOT_INROOT_H

#include <stddef.h>
#include <sys/types.h>

#include "init/lib/err.h"

/*
 * Opens path as after a chroot to root_fd: absolute links and ".." stay inside (openat2(2),
 * RESOLVE_IN_ROOT, Linux 5.6). flags: as open(2); O_CLOEXEC is added. Returns the descriptor or
 * -errno.
 */
_must_check_ int inroot_open(int root_fd, const char *path, int flags, mode_t mode);

/* Like mkdir -p after a chroot to root_fd; follows links inside it. Returns an O_PATH descriptor of
 * the folder, or -errno. */
_must_check_ int inroot_mkdirs(int root_fd, const char *path, mode_t mode);

/*
 * Checks that path can be executed inside root_fd: it is a regular file with an execute bit, on a
 * mount that allows execution, and so is its interpreter ("#!" or ELF's PT_INTERP). what: its name
 * for messages ("stage 2"). Returns 0 or -errno; ELOOP: more interpreters than the kernel follows.
 */
_must_check_ int inroot_check_program(int root_fd, const char *path, const char *what,
				      struct err *e);

/* Finds the interpreter in the first bytes of a program. Returns 1 and fills ret; 0 if these bytes
 * name none; -ENOEXEC if a "#!" line names no program or one that is too long. A pure function. */
_must_check_ int inroot_interpreter(const void *data, size_t len, char *ret, size_t size);

#endif
