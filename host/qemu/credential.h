/* SPDX-License-Identifier: MIT */
/* credential.h - secrets for the guest, from files: never in an argument */
#ifndef STOREBOOT_HOST_CREDENTIAL_H
#define STOREBOOT_HOST_CREDENTIAL_H

#include <limits.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

/* What the guest reads them from: this module makes /sys/firmware/qemu_fw_cfg. */
#define CREDENTIAL_MODULE "qemu_fw_cfg"

/* QEMU has room for 32 files of that kind, and its own. */
#define CREDENTIALS_MAX 8

struct credentials {
	struct strv ids, paths;
};
void credentials_free(struct credentials *c);

/*
 * Adds one, said as ID:PATH. The file must be there and readable; QEMU reads it, when the guest starts.
 * Returns 0, or -errno with e (EXIT_USAGE, EXIT_BAD_INPUT).
 */
_must_check_ int credential_add(struct credentials *c, const char *said, struct err *e);

/* Appends QEMU's arguments. A pure function. Returns 0 or -ENOMEM. */
_must_check_ int credentials_qemu(const struct credentials *c, struct strv *ret);

#endif
