/* SPDX-License-Identifier: MIT */
/* cifs.h - the parts of the share cifs: smbd's configuration and its confined command */
#ifndef STOREBOOT_HOST_SHARE_CIFS_H
#define STOREBOOT_HOST_SHARE_CIFS_H

#include "host/share/share.h"

/* smbd's configuration, in the server's own view of the file system; each folder is a share of its
 * own. folders: may be NULL. Returns 0 or -ENOMEM. */
_must_check_ int smb_conf(const struct shared_folders *folders, struct buf *ret);

/* Adds the command that serves one connection on its stdin: bwrap, and smbd in it. folder: of
 * smb_prepare; root: as for sandbox_begin. */
void smb_command(const struct share *s, const char *folder, const char *root, struct argv *ret);

/* Writes the files that the server needs into the private folder. Returns 0 or -errno with e. */
_must_check_ int smb_prepare(const struct shared_folders *folders, const char *folder,
			     struct err *e);

/*
 * Runs the server's program in its confinement once, to see that it starts and has SMB1. Paths are
 * absolute, with links resolved. Returns 0 or -errno with e (EXIT_MISSING: this host does not allow
 * it, or smbd has no SMB1).
 */
_must_check_ int smb_check(const char *smbd, const char *bwrap, struct err *e);

#endif
