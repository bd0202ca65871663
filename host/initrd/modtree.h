/* SPDX-License-Identifier: MIT */
/* modtree.h - a kernel's folder of modules */
#ifndef STOREBOOT_HOST_MODTREE_H
#define STOREBOOT_HOST_MODTREE_H

#include <limits.h>
#include <stdbool.h>

#include "host/initrd/moddep.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

struct modtree {
	int fd;		     /* the folder lib/modules/RELEASE */
	char path[PATH_MAX]; /* its path, for messages */
	char release[256];
	struct modules dep;
	struct modules builtin;
	struct buf softdep; /* text of modules.softdep; empty if there is none */
};

#define MODTREE_INIT \
	{ \
		.fd = -1 \
	}
#define _cleanup_modtree_ _cleanup_(modtree_close)
void modtree_close(struct modtree *t);

/*
 * Opens the folder of modules of one kernel. path: a folder with lib/modules/RELEASE or
 * usr/lib/modules/RELEASE (an unpacked Debian package, a NixOS kernel-modules, /), or the folder
 * RELEASE itself. release: NULL for the only one. Reads modules.dep, modules.builtin (or, if there
 * is none, modules.builtin.modinfo) and modules.softdep. ret must be MODTREE_INIT. Returns 0 or
 * -errno with e (EXIT_BAD_INPUT).
 */
_must_check_ int modtree_open(const char *path, const char *release, struct modtree *ret,
			      struct err *e);

/* Reads a module's file unchanged, packed or not. Returns 0 or -errno with e. */
_must_check_ int modtree_read(const struct modtree *t, const struct module *m, struct buf *ret,
			      struct err *e);

#endif
