/* SPDX-License-Identifier: MIT */
/* closure_tree.h - a closure's paths as one tree of mounts, made once for all servers of a run */
#ifndef STOREBOOT_HOST_CLOSURE_TREE_H
#define STOREBOOT_HOST_CLOSURE_TREE_H

#include "init/lib/err.h"
#include "init/lib/str.h"

/*
 * Makes the tree in a mount namespace of its own: a folder, read-only, with exactly these paths of
 * the store and an empty .links, which Nix would make where it is missing. Returns a descriptor of
 * the namespace, which lives as long as it is open or a server uses it, or -errno with e
 * (EXIT_SHARE, EXIT_MISSING).
 */
_must_check_ int closure_tree_make(const char *store, const struct strv *names, struct err *e);

/* Opens the mount namespace of a process. Returns a descriptor or -errno. */
_must_check_ int closure_tree_of(pid_t pid);

/*
 * Makes a copy of the tree of that namespace, which is attached nowhere. To be called by a process
 * with one thread. Returns its descriptor for move_mount(2), or -errno.
 */
_must_check_ int closure_tree_copy(int ns);

/* Enters the mount namespace, and first the user namespace that owns it, where it is another one.
 * Returns 0 or -errno. */
_must_check_ int closure_tree_enter(int ns);

#endif
