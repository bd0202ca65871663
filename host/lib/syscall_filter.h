/* SPDX-License-Identifier: MIT */
/* syscall_filter.h - system calls that a process which serves a guest may not use */
#ifndef STOREBOOT_HOST_LIB_SYSCALL_FILTER_H
#define STOREBOOT_HOST_LIB_SYSCALL_FILTER_H

#include <stdbool.h>

#include "init/lib/macro.h"

/*
 * Each filter refuses, with EPERM, every call that gives a file the set-user-ID or set-group-ID
 * bit, and makes a device. It cannot see whether a name is a folder's, so it refuses the
 * set-group-ID bit for folders too. A folder made in one with that bit still inherits it: the
 * kernel sets it.
 */

/*
 * Makes a filter for a server in a sandbox, for bwrap's --seccomp: it also refuses mounts,
 * namespaces and other calls that no server needs. writable: the server may write to a folder of
 * the host. Returns a new file at its beginning, which serves one bwrap, or -errno.
 */
_must_check_ int syscall_filter_open(bool writable);

/* Puts this process, and every program that it executes, under the filter for modes and devices,
 * and takes the privileges from it with which root would get around that. For a child before exec.
 * Returns 0 or -errno. */
_must_check_ int syscall_filter_enter(void);

#endif
