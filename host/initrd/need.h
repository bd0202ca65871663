/* SPDX-License-Identifier: MIT */
/* need.h - which modules stage 1 needs, and for what */
#ifndef STOREBOOT_HOST_NEED_H
#define STOREBOOT_HOST_NEED_H

#include <stdbool.h>
#include <stddef.h>

#include "host/initrd/modtree.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

/* One module to load, and the needs that ask for it; behind one that is in every boot no other
 * counts. */
struct need_module {
	char needs[96]; /* NEED[,NEED...], as init/order.h takes it */
	bool always;
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
 * Resolves needs (NULL-terminated names; NULL: all that are not marked "by name only", and of the
 * shares to the store those that the kernel has; "base" is always in), more (names beside those, or
 * NULL) and extra (NULL-terminated module names, or NULL) against a tree: what they depend on comes
 * first, what is built into the kernel is left out. pci_only: the machine's (host/lib/arch.h).
 * Returns 0 or -errno with e: EXIT_USAGE for an unknown need, EXIT_BAD_INPUT for a required module
 * that the kernel does not have.
 */
_must_check_ int need_resolve(const struct modtree *t, bool pci_only, const char *const *needs,
			      const char *const *more, const char *const *extra,
			      struct need_list *ret, struct err *e);

/* The names of all needs, separated by ", ", into dst; returns dst. */
const char *need_names(char *dst, size_t size);

/*
 * What a need is in a kernel's configuration: up to 4 names without CONFIG_, which all must be
 * there; the first NULL ends them. Returns NULL for an unknown need.
 */
const char *const *need_configs(const char *name);

#endif
