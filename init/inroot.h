/* SPDX-License-Identifier: MIT */
/* inroot.h - paths of a system that is not the root yet, resolved as it will see them */
#ifndef STOREBOOT_INROOT_H
#define STOREBOOT_INROOT_H

#include <stddef.h>
#include <sys/types.h>

#include "init/lib/err.h"

/*
 * Opens path below root_fd as after a chroot to it: absolute links and ".." stay inside
 * (openat2(2), RESOLVE_IN_ROOT, Linux 5.6). flags as open(2), O_CLOEXEC is added. Returns the
 * descriptor or -errno.
 */
_must_check_ int inroot_open(int root_fd, const char *path, int flags, mode_t mode);

/*
 * mkdir -p as after a chroot to root_fd: links on the way are followed inside it. Returns a
 * descriptor (O_PATH) of the folder, or -errno.
 */
_must_check_ int inroot_mkdirs(int root_fd, const char *path, mode_t mode);

/*
 * Whether path can be executed inside root_fd: a regular file with an execute bit, on a mount that
 * allows it, and so is the interpreter that it names ("#!" or ELF's PT_INTERP). what: what it is,
 * for messages ("stage 2"). Returns 0 or -errno; ELOOP: more interpreters than the kernel follows.
 */
_must_check_ int inroot_check_program(int root_fd, const char *path, const char *what,
				      struct err *e);

/*
 * The interpreter that a program's first bytes name. Returns 1 with it in ret, 0 when it names none
 * (or none within these bytes), -ENOEXEC for a "#!" line without a program or one that is too long.
 * A pure function.
 */
_must_check_ int inroot_interpreter(const void *data, size_t len, char *ret, size_t size);

#endif
