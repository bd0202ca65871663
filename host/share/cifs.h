/* SPDX-License-Identifier: MIT */
/* cifs.h - the file server that the guest sees: smbd, shut in with nothing but the store */
#ifndef STOREBOOT_HOST_SHARE_CIFS_H
#define STOREBOOT_HOST_SHARE_CIFS_H

#include "host/share/shared_folder.h"
#include "host/share/expose.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

/* Paths are absolute, with links resolved. */
struct smb_config {
	const char *smbd;
	const char *bwrap;
	const char *store;  /* the folder that is served as /nix/store */
	const char *folder; /* private; smb_prepare fills it */
	enum expose expose;
	const struct shared_folders *folders; /* each a share of its own; NULL: none */
};

/* smbd's configuration, in the server's own view of the file system. Returns 0 or -ENOMEM. */
_must_check_ int smb_conf(const struct smb_config *c, struct buf *ret);

/*
 * The command that serves one connection on its stdin: bwrap, and smbd in it. root: a descriptor of
 * the host's /, from which it sees which folders there are and which are links. Returns 0 or
 * -errno.
 */
_must_check_ int smb_command(const struct smb_config *c, int root, struct strv *ret);

/* Writes the files that the server needs into c->folder. Returns 0 or -errno with e. */
_must_check_ int smb_prepare(const struct smb_config *c, struct err *e);

/*
 * Runs the server's program in its confinement once, to see that it starts and has SMB1. Returns 0
 * or -errno with e (EXIT_MISSING: this host does not allow it or smbd has no SMB1).
 */
_must_check_ int smb_check(const char *smbd, const char *bwrap, struct err *e);

#endif
