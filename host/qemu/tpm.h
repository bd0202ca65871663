/* SPDX-License-Identifier: MIT */
/* tpm.h - a TPM for the guest: swtpm beside QEMU */
#ifndef STOREBOOT_HOST_TPM_H
#define STOREBOOT_HOST_TPM_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "init/lib/err.h"

struct tpm {
	bool wanted;
	char swtpm[PATH_MAX];
	char state[PATH_MAX]; /* the folder with what it holds; made by tpm_start */
	bool made;	      /* it was */
};

/* Finds it; changes nothing. state: where it is kept. Returns 0, or -errno with e. */
_must_check_ int tpm_find(const char *state, struct tpm *ret, struct err *e);

/*
 * Starts it, in a session of its own: it ends when QEMU tells it to, or with this process. folder:
 * the run's private one. thrown_away: its state lies there, too, and begins empty. Returns QEMU's
 * end of its control socket, or -errno with e (EXIT_IN_USE: another run has the state).
 */
_must_check_ int tpm_start(struct tpm *t, const char *folder, bool thrown_away, pid_t *ret_pid,
			   struct err *e);

/* It has ended, and no guest ran with it: a state that tpm_start made is removed. */
void tpm_undo(struct tpm *t);

#endif
