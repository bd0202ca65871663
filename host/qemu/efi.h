/* SPDX-License-Identifier: MIT */
/* efi.h - EFI firmware for the guest, and its variables */
#ifndef STOREBOOT_HOST_EFI_H
#define STOREBOOT_HOST_EFI_H

#include <limits.h>
#include <stdbool.h>

#include "host/lib/arch.h"
#include "host/lib/place.h"
#include "init/lib/err.h"

struct efi {
	bool wanted;
	char code[PATH_MAX];	  /* the firmware; opened read-only */
	char variables[PATH_MAX]; /* the template for a new machine's variables */
	char vars[PATH_MAX];	  /* this machine's variables; made by efi_ready */
	struct place place;	  /* its folder and name; set by efi_ready */
	int fd;			  /* vars, locked against other runs; set by efi_ready; -1: none */
	bool made, filled;	  /* efi_ready made the file, or filled an empty one */
};

#define EFI_INIT \
	{ \
		.place = PLACE_INIT, .fd = -1 \
	}
void efi_close(struct efi *efi);

struct efi_request {
	const struct arch *arch;
	const char *qemu;		  /* path; its own firmware is tried first */
	const char *firmware, *variables; /* as given by options; both or neither */
	const char *vars;		  /* the file in which the variables are kept */
};

/* Matches a firmware descriptor of QEMU (docs/interop/firmware.json): EFI for this architecture, in
 * two raw flash images, without secure boot. Returns 1 with the paths in ret, 0 if it does not
 * match, -EINVAL if json is no descriptor. A pure function. */
_must_check_ int efi_descriptor(const char *json, const struct arch *arch, struct efi *ret);

/* Finds the firmware. Changes nothing. Returns 0, or -errno with e (EXIT_MISSING, EXIT_BAD_INPUT,
 * EXIT_USAGE). */
_must_check_ int efi_find(const struct efi_request *q, struct efi *ret, struct err *e);

/* Makes the variables if the file is missing or empty, and locks them. thrown_away: the run's
 * private folder, to use a copy there; or NULL. Returns 0, or -errno with e. */
_must_check_ int efi_ready(struct efi *efi, const char *thrown_away, struct err *e);

/* For a run that started no guest: removes the variables that efi_ready made. */
void efi_undo(struct efi *efi);

#endif
