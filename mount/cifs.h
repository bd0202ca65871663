/* SPDX-License-Identifier: MIT */
/* cifs.h - the share cifs */
#ifndef STOREBOOT_MOUNT_CIFS_H
#define STOREBOOT_MOUNT_CIFS_H

#include <netinet/in.h>

#include "init/lib/err.h"
#include "mount/fs.h"

/* Copies the IPv4 address in //ADDRESS/SHARE[/PATH], for the option ip=. Returns 0, or -EINVAL with
 * ret unchanged. A pure function. */
_must_check_ int mount_cifs_address(const char *source, char ret[INET_ADDRSTRLEN]);

/*
 * Mounts a CIFS share with the options that carry a store byte for byte (SMB1 UNIX extensions, one
 * single-byte charset on both sides). Checks in /proc/self/mountinfo that the server granted them:
 * without them the store is shown wrongly. source: //ADDRESS/SHARE[/PATH]; path: as in mountinfo,
 * absolute, without symbolic links. Retries after errors that may pass. The last try begins at the
 * deadline and can take long itself: 6 s for an unused address, 22 s for a silent server. Returns
 * 0, or -errno with nothing mounted: EHOSTUNREACH, EHOSTDOWN, ... (no server), ENXIO (no such
 * share), EACCES (no guest login), EPROTO (no UNIX extensions), ENODEV (no cifs in the kernel),
 * EINVAL (source).
 */
_must_check_ int mount_cifs(const struct mount_request *q, struct err *e);

/* Whether a mount that failed with this errno (positive) may succeed later. A pure function. */
bool mount_cifs_may_pass(int num);

#endif
