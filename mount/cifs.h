/* SPDX-License-Identifier: MIT */
/* cifs.h - the share cifs */
#ifndef STOREBOOT_MOUNT_CIFS_H
#define STOREBOOT_MOUNT_CIFS_H

#include <netinet/in.h>

#include "init/lib/err.h"
#include "mount/fs.h"

/*
 * Takes the server's IPv4 address from //ADDRESS/SHARE[/PATH], as text for the option ip=. A pure
 * function. Returns 0, or -EINVAL with ret untouched.
 */
_must_check_ int mount_cifs_address(const char *source, char ret[INET_ADDRSTRLEN]);

/*
 * Mounts a CIFS share with the options that carry a store byte for byte (SMB1 UNIX extensions, one
 * single-byte charset on both sides), and checks in /proc/self/mountinfo that the server granted
 * them: a share without them shows a false store. source: //ADDRESS/SHARE[/PATH]; path: as
 * mountinfo has it, absolute, without symbolic links. Tries again after each error that may pass;
 * the last try begins when the deadline is over, and can take long itself (6 s for an address that
 * nobody has, 22 s for a silent server). Returns 0 or -errno: EHOSTUNREACH, EHOSTDOWN, ... (no
 * server), ENXIO (no such share), EACCES, EPROTO (no UNIX extensions), ENODEV (the kernel has no
 * cifs), EINVAL (source); then nothing is mounted.
 */
_must_check_ int mount_cifs(const struct mount_request *q, struct err *e);

/* Whether a mount that failed with this errno (positive) may succeed later. A pure function. */
bool mount_cifs_may_pass(int num);

#endif
