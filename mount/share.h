/* SPDX-License-Identifier: MIT */
/* share.h - the host's share, and the store in it */
#ifndef STOREBOOT_MOUNT_SHARE_H
#define STOREBOOT_MOUNT_SHARE_H

#include "init/lib/err.h"

/*
 * Mounts the CIFS share read-only on path with the options that carry a store byte for byte (SMB1
 * UNIX extensions, one single-byte charset on both sides), and checks in /proc/self/mountinfo that
 * the server granted them: a share without them shows a false store. source:
 * //ADDRESS/SHARE[/PATH]. Retries within deadline_ms while the server does not answer yet. Returns
 * 0 or -errno: EHOSTUNREACH, EHOSTDOWN (no server), ENXIO (no such share), EACCES, EPROTO (no UNIX
 * extensions), EINVAL (source).
 */
_must_check_ int mount_share_cifs(const char *source, const char *path, unsigned int deadline_ms,
				  struct err *e);

/* Binds hostfs/nix/store read-only on store (made if missing). Returns 0 or -errno; ENOENT: the
 * share holds no store. */
_must_check_ int mount_share_store(const char *hostfs, const char *store, struct err *e);

#endif
