/* SPDX-License-Identifier: MIT */
/* credential.h - secrets for the guest, from files, never in an argument */
#ifndef STOREBOOT_HOST_CREDENTIAL_H
#define STOREBOOT_HOST_CREDENTIAL_H

#include <limits.h>
#include <stdbool.h>

#include "host/lib/argv.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

/* The guest's module that provides them, as files in /sys/firmware/qemu_fw_cfg. */
#define CREDENTIAL_MODULE "qemu_fw_cfg"

/* QEMU's limit is 32 files of this kind, including its own. */
#define CREDENTIALS_MAX 8

/* systemd's limit for the total size (CREDENTIALS_TOTAL_SIZE_MAX). */
#define CREDENTIALS_BYTES ((size_t)1 << 20)

struct credentials {
	struct strv ids, paths;
	struct buf said[CREDENTIALS_MAX]; /* content read from a pipe; QEMU cannot read it again */
	bool piped[CREDENTIALS_MAX];
	size_t bytes;
};
void credentials_free(struct credentials *c);

/* Adds the credential of ID:PATH. A regular file must be readable now; QEMU reads it when the guest
 * starts. A pipe, such as <(...), is read here. Returns 0, or -errno with e (EXIT_USAGE,
 * EXIT_BAD_INPUT). */
_must_check_ int credential_add(struct credentials *c, const char *said, struct err *e);

/* Returns the ID of a credential that came from a pipe, so that QEMU cannot read it by itself; or
 * NULL. */
const char *credentials_piped(const struct credentials *c);

/* Writes what came from pipes to files in folder, the run's private one. Returns 0, or -errno with
 * e. */
_must_check_ int credentials_ready(struct credentials *c, const char *folder, struct err *e);

/* Appends QEMU's arguments. A pure function. */
void credentials_qemu(const struct credentials *c, struct argv *ret);

#endif
