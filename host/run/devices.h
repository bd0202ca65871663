/* SPDX-License-Identifier: MIT */
/* devices.h - the firmware and the TPM of a machine, and where what they keep lies */
#ifndef STOREBOOT_HOST_DEVICES_H
#define STOREBOOT_HOST_DEVICES_H

#include "host/run/plan.h"

/*
 * Finds what the screen, --efi and --tpm take, for p->qemu's arch and program, into p. What they
 * keep lies in the working folder by the machine's name, unless NIX_EFI_VARS and NIX_SWTPM_DIR say
 * where. Changes nothing. Returns 0, or -errno with e: EXIT_USAGE, EXIT_MISSING, EXIT_BAD_INPUT.
 */
_must_check_ int devices_find(struct plan *p, struct err *e);

#endif
