/* SPDX-License-Identifier: MIT */
/* efi.h - EFI firmware for the guest, and its variables */
#ifndef STOREBOOT_HOST_EFI_H
#define STOREBOOT_HOST_EFI_H

#include <limits.h>
#include <stdbool.h>

#include "host/lib/arch.h"
#include "init/lib/err.h"

struct efi {
	bool wanted;
	char code[PATH_MAX];	  /* the firmware, which is only read */
	char variables[PATH_MAX]; /* what a machine's variables are at first */
	char vars[PATH_MAX];	  /* this machine's own; made by efi_ready */
	int fd;		   /* the same, with the lock that keeps other runs off; set by efi_ready */
	bool made, filled; /* efi_ready made the file; or filled one that was empty */
};

/* What is known when a firmware is looked for. */
struct efi_request {
	const struct arch *arch;
	const char *qemu;		  /* the program: its own firmware is found beside it */
	const char *firmware, *variables; /* the options' words; both or neither */
	const char *vars;		  /* where the variables are kept */
};

/*
 * Is what a firmware descriptor of QEMU's (docs/interop/firmware.json) describes EFI for such a
 * machine, in two raw flash images, with no secure boot to satisfy? Returns 1 with the paths in
 * ret, 0 when it is not, -EINVAL when it is none. A pure function.
 */
_must_check_ int efi_descriptor(const char *json, const struct arch *arch, struct efi *ret);

/* Finds it; changes nothing. Returns 0, or -errno with e (EXIT_MISSING, EXIT_BAD_INPUT,
 * EXIT_USAGE). */
_must_check_ int efi_find(const struct efi_request *q, struct efi *ret, struct err *e);

/* Makes the variables where there are none yet. thrown_away: in the run's private folder, a copy;
 * NULL: where they are kept. Returns 0, or -errno with e. */
_must_check_ int efi_ready(struct efi *efi, const char *thrown_away, struct err *e);

/* No guest ran with them: variables that efi_ready made are removed. */
void efi_undo(struct efi *efi);

#endif
