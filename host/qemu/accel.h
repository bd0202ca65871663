/* SPDX-License-Identifier: MIT */
/* accel.h - which accelerator truly runs a guest */
#ifndef STOREBOOT_HOST_ACCEL_H
#define STOREBOOT_HOST_ACCEL_H

#include <stdbool.h>

#include "init/lib/err.h"

enum accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };

/* What a guest without KVM costs, for a line. */
#define ACCEL_EMULATED "the guest is emulated, about ten times slower"
#define ACCEL_WHY_SIZE 800

/*
 * Runs the boot sector of accel_probe.S in qemu (a path) under accel, for as long as it makes
 * progress. Returns 1 when it ran to its end, 0 when QEMU ended otherwise or says that KVM failed
 * (why: a line that says how), or -errno with why when that proves nothing: -ETIMEDOUT (no
 * progress; stuck.h), -EAGAIN (killed from outside, something was busy), -EINTR (a signal that ends
 * the run waits), or QEMU could not be started. why: at least 1 byte.
 */
int accel_probe(const char *qemu, enum accel accel, char *why, size_t why_size);

/*
 * Chooses the accelerator: wanted itself where that is TCG; else KVM when it runs a guest, else
 * TCG. So a result of TCG means for ACCEL_KVM that the run cannot be as asked. why: the reason, for
 * one line; at least ACCEL_WHY_SIZE bytes for all of it. The result that KVM runs a guest is kept
 * in $XDG_CACHE_HOME/storeboot/accel/ for this boot of the host and this QEMU; the result that it
 * does not, for ten minutes; a lack of progress likewise, but only from the second time in a row
 * on. ACCEL_KVM does not believe a "no" that was kept.
 */
enum accel accel_choose(enum accel wanted, const char *qemu, char *why, size_t why_size);

struct arch;

struct accel_request {
	enum accel wanted;
	const struct arch *arch; /* the guest's */
	const char *qemu;	 /* a path */
	bool only_look;		 /* nothing will run: ACCEL_KVM is not tried */
};

/*
 * Chooses the accelerator of a run. why: ACCEL_WHY_SIZE bytes. Returns 0; or -errno with e where
 * KVM was asked for and runs no guest (EXIT_MISSING), or a signal that ends the run waits.
 */
_must_check_ int accel_find(const struct accel_request *q, enum accel *ret, char *why,
			    struct err *e);

const char *accel_name(enum accel accel);

#endif
