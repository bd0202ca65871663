/* SPDX-License-Identifier: MIT */
/* credential.h - secrets for the guest, from files: never in an argument */
#ifndef STOREBOOT_HOST_CREDENTIAL_H
#define STOREBOOT_HOST_CREDENTIAL_H

#include <limits.h>
#include <stdbool.h>

#include "host/lib/argv.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

/* What the guest reads them from: this module makes /sys/firmware/qemu_fw_cfg. */
#define CREDENTIAL_MODULE "qemu_fw_cfg"

/* QEMU has room for 32 files of that kind, and its own. */
#define CREDENTIALS_MAX 8

/* systemd's limit for all of a machine's (CREDENTIALS_TOTAL_SIZE_MAX). */
#define CREDENTIALS_BYTES ((size_t)1 << 20)

struct credentials {
	struct strv ids, paths;
	struct buf said[CREDENTIALS_MAX]; /* what came by a pipe, which QEMU cannot read again */
	bool piped[CREDENTIALS_MAX];
	size_t bytes;
};
void credentials_free(struct credentials *c);

/*
 * Adds one, said as ID:PATH. A file must be there and readable; QEMU reads it, when the guest
 * starts. A pipe,
 * <(...), is read here. Returns 0, or -errno with e (EXIT_USAGE, EXIT_BAD_INPUT).
 */
_must_check_ int credential_add(struct credentials *c, const char *said, struct err *e);

/* The ID of one that came by a pipe, so that QEMU alone cannot have it, or NULL. */
const char *credentials_piped(const struct credentials *c);

/* Puts what came by pipes into the run's private folder, for QEMU. Returns 0, or -errno with e. */
_must_check_ int credentials_ready(struct credentials *c, const char *folder, struct err *e);

/* Appends QEMU's arguments. A pure function. */
void credentials_qemu(const struct credentials *c, struct argv *ret);

#endif
