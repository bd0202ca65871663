/* SPDX-License-Identifier: MIT */
/* closure_tree.h - a closure's paths as one tree of mounts, for all servers of a run */
#ifndef STOREBOOT_HOST_CLOSURE_TREE_H
#define STOREBOOT_HOST_CLOSURE_TREE_H

#include "init/lib/err.h"
#include "init/lib/str.h"

/*
 * store, store_fd: the store's path and a descriptor of it. Makes the tree in its own mount
 * namespace: a read-only folder with exactly these paths of the store and an empty .links, which
 * Nix would make if it were missing. Returns a descriptor of the namespace, which lives while the
 * descriptor is open or a server uses it, or -errno with e (EXIT_SHARE, EXIT_MISSING).
 */
_must_check_ int closure_tree_make(const char *store, int store_fd, const struct strv *names,
				   struct err *e);

/* Opens the mount namespace of a process. Returns a descriptor or -errno. */
_must_check_ int closure_tree_of(pid_t pid);

/* Copies the tree of that namespace, attached nowhere. The calling process must be
 * single-threaded. Returns a descriptor for move_mount(2), or -errno. */
_must_check_ int closure_tree_copy(int ns);

/* Enters the mount namespace, after the user namespace that owns it if that is another one.
 * Returns 0 or -errno. */
_must_check_ int closure_tree_enter(int ns);

#endif
