/* SPDX-License-Identifier: MIT */
/* tpm.h - a TPM for the guest: swtpm, run beside QEMU */
#ifndef STOREBOOT_HOST_TPM_H
#define STOREBOOT_HOST_TPM_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "host/lib/place.h"
#include "init/lib/err.h"

struct tpm {
	bool wanted;
	char swtpm[PATH_MAX];
	char state[PATH_MAX]; /* the folder with its state; made by tpm_start */
	struct place place;   /* of state; set by tpm_start */
	bool made;	      /* tpm_start made the folder */
};

#define TPM_INIT \
	{ \
		.place = PLACE_INIT \
	}

/* Finds swtpm. Changes nothing. state: the folder for its state. Returns 0, or -errno with e. */
_must_check_ int tpm_find(const char *state, struct tpm *ret, struct err *e);

/*
 * Starts swtpm, in a session of its own. It exits when QEMU tells it to, and is killed when this
 * process exits. folder: the run's private folder. thrown_away: start with empty state, kept in
 * folder. Returns QEMU's end of the control socket, or -errno with e (EXIT_IN_USE: another run uses
 * the state).
 */
_must_check_ int tpm_start(struct tpm *t, const char *folder, bool thrown_away, pid_t *ret_pid,
			   struct err *e);

/* Removes the state that tpm_start made. For a run that started no guest, after swtpm's exit. */
void tpm_undo(struct tpm *t);

#endif
