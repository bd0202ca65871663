/* SPDX-License-Identifier: MIT */
/* need.h - the modules that stage 1 needs, and for which purpose */
#ifndef STOREBOOT_HOST_NEED_H
#define STOREBOOT_HOST_NEED_H

#include <stdbool.h>
#include <stddef.h>

#include "host/initrd/modtree.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

/* One module to load, and the needs that require it. Once a need of every boot is listed, no more
 * are added. */
struct need_module {
	char needs[96]; /* NEED[,NEED...], in the format of init/order.h */
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
 * Resolves needs to a list of a tree's modules: dependencies come first, modules built into the
 * kernel are left out.
 *
 * needs: NULL-terminated names; NULL: all except those marked BY_NAME, and those marked WHERE_IT_IS
 * only if the kernel has them. "base" is always included. more: names added to needs, or NULL.
 * extra: NULL-terminated module names, or NULL. pci_only: see host/lib/arch.h.
 *
 * Returns 0 or -errno with e: EXIT_USAGE for an unknown need, EXIT_BAD_INPUT for a required module
 * that the kernel does not have.
 */
_must_check_ int need_resolve(const struct modtree *t, bool pci_only, const char *const *needs,
			      const char *const *more, const char *const *extra,
			      struct need_list *ret, struct err *e);

/* Writes the names of all needs to dst, separated by ", ". Returns dst. */
const char *need_names(char *dst, size_t size);

/* The configuration options of a need, without CONFIG_: up to 4, NULL-terminated, all required.
 * Returns NULL for an unknown need. */
const char *const *need_configs(const char *name);

#endif
