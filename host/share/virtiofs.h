/* SPDX-License-Identifier: MIT */
/* virtiofs.h - parts of the share virtiofs: virtiofsd and its confined command */
#ifndef STOREBOOT_HOST_VIRTIOFS_H
#define STOREBOOT_HOST_VIRTIOFS_H

#include "host/share/ops.h"

/* Finds virtiofsd: given, or else in PATH and in the distributions' folders. ret: PATH_MAX bytes.
 * Returns 0, or -errno with e (EXIT_MISSING). */
_must_check_ int virtiofs_find(const char *given, char *ret, struct err *e);

/* Adds the command that serves QEMU's one connection. listen_fd: the listening socket, which it
 * inherits. root: as for sandbox_begin. filter: as in struct sandbox. */
void virtiofs_command(const struct share *s, const struct share_export *x, const char *root,
		      int listen_fd, int filter, struct argv *ret);

#endif
