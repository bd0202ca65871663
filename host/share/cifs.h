/* SPDX-License-Identifier: MIT */
/* cifs.h - parts of the share cifs: smbd's configuration and its confined command */
#ifndef STOREBOOT_HOST_SHARE_CIFS_H
#define STOREBOOT_HOST_SHARE_CIFS_H

#include "host/share/share.h"

/* Writes smbd's configuration, with paths as smbd sees them in its sandbox. Each shared folder is
 * an SMB share of its own. folders: may be NULL. Returns 0 or -ENOMEM. */
_must_check_ int smb_conf(const struct shared_folders *folders, struct buf *ret);

/* Adds the command that serves one connection on its stdin: bwrap with smbd. folder: that of
 * smb_prepare. root: as for sandbox_begin. */
void smb_command(const struct share *s, const char *folder, const char *root, struct argv *ret);

/* Writes smbd's files to folder. Returns 0 or -errno with e. */
_must_check_ int smb_prepare(const struct shared_folders *folders, const char *folder,
			     struct err *e);

/* Runs smbd once in its confinement, to see that it starts and has SMB1. Paths: absolute, links
 * resolved. Returns 0 or -errno with e (EXIT_MISSING: not permitted on this host, or no SMB1). */
_must_check_ int smb_check(const char *smbd, const char *bwrap, struct err *e);

#endif
