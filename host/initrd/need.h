/* SPDX-License-Identifier: MIT */
/* need.h - which modules stage 1 needs, and for what */
#ifndef STOREBOOT_HOST_NEED_H
#define STOREBOOT_HOST_NEED_H

#include <stdbool.h>
#include <stddef.h>

#include "host/initrd/modtree.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

/* One module to load, and the first need that asked for it. */
struct need_module {
	const char *need;
	const struct module *module;
};

/* In load order, each module once. Zero-initialised is empty; points into the tree. */
struct need_list {
	struct need_module *v;
	size_t n;
};

#define _cleanup_need_list_ _cleanup_(need_list_free)
void need_list_free(struct need_list *l);

/*
 * Resolves needs (NULL-terminated names; NULL: all that are not marked "by name only"; "base" is
 * always in) and extra (NULL-terminated module names, or NULL) against a tree: what they depend on
 * comes first, what is built into the kernel is left out. pci_only: the machine's (host/arch.h).
 * Returns 0 or -errno with e: EXIT_USAGE for an unknown need, EXIT_BAD_INPUT for a required module
 * that the kernel does not have.
 */
_must_check_ int need_resolve(const struct modtree *t, bool pci_only, const char *const *needs,
			      const char *const *extra, struct need_list *ret, struct err *e);

/* The names of all needs, separated by ", ", into dst; returns dst. */
const char *need_names(char *dst, size_t size);

#endif
