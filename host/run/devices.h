/* SPDX-License-Identifier: MIT */
/* devices.h - the screen, firmware and TPM of a machine, and the places of their files */
#ifndef STOREBOOT_HOST_DEVICES_H
#define STOREBOOT_HOST_DEVICES_H

#include "host/run/plan.h"

/*
 * Finds what the screen, --efi and --tpm need, for p->qemu's arch and program, and stores it in p.
 * Their files are in the working folder, named after the machine, unless NIX_EFI_VARS and
 * NIX_SWTPM_DIR name others. Changes nothing. Returns 0, or -errno with e: EXIT_USAGE,
 * EXIT_MISSING, EXIT_BAD_INPUT, EXIT_IMAGE.
 */
_must_check_ int devices_find(struct plan *p, struct err *e);

#endif
