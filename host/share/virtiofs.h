/* SPDX-License-Identifier: MIT */
/* virtiofs.h - the parts of the share virtiofs: virtiofsd, shut in with what it serves */
#ifndef STOREBOOT_HOST_VIRTIOFS_H
#define STOREBOOT_HOST_VIRTIOFS_H

#include "host/share/ops.h"

/* Finds the program: given, or where distributions put it. ret: PATH_MAX bytes. Returns 0, or
 * -errno with e (EXIT_MISSING). */
_must_check_ int virtiofs_find(const char *given, char *ret, struct err *e);

/* Adds the command that serves QEMU's one connection to the listening socket that it inherits as
 * listen_fd. root: as for sandbox_begin. */
void virtiofs_command(const struct share *s, const struct share_export *x, const char *root,
		      int listen_fd, struct argv *ret);

#endif
