/* SPDX-License-Identifier: MIT */
/*
 * gc_root.h - keeps a store path from Nix's garbage collector
 *
 * Nix takes as a root every store path that the links in /proc/PID/fd and the text of
 * /proc/PID/environ name (LocalStore::findRuntimeRoots), and keeps its closure too. A collector of
 * an ordinary user sees the processes of that user, one of root sees all.
 */
#ifndef STOREBOOT_HOST_LIB_GC_ROOT_H
#define STOREBOOT_HOST_LIB_GC_ROOT_H

#include "init/lib/macro.h"

/* Opens path, a host path of any kind, and never closes it: Nix keeps it until this process ends.
 * Returns 0 or -errno. */
_must_check_ int gc_root_hold(const char *path);

#endif
