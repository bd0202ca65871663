/* SPDX-License-Identifier: MIT */
/* accel.h - the choice of the accelerator: whether KVM really runs a guest */
#ifndef STOREBOOT_HOST_ACCEL_H
#define STOREBOOT_HOST_ACCEL_H

#include <stdbool.h>

#include "init/lib/err.h"

enum accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };

/* The cost of running without KVM, for messages. */
#define ACCEL_EMULATED "the guest is emulated, about ten times slower"
#define ACCEL_WHY_SIZE 800

/*
 * Runs the boot sector of accel_probe.S in qemu (a path) under accel, for as long as it makes
 * progress. Returns 1 if it ran to its end, 0 if QEMU exited otherwise or reported that KVM failed,
 * or -errno if the result proves nothing: -ETIMEDOUT (no progress; stuck.h), -EAGAIN (QEMU was
 * killed from outside, or a resource was busy), -EINTR (a signal that ends the run is pending), or
 * the error that kept QEMU from starting. why: at least 1 byte; the reason, one line, unless the
 * result is 1.
 */
int accel_probe(const char *qemu, enum accel accel, char *why, size_t why_size);

/*
 * Chooses the accelerator: TCG if wanted is ACCEL_TCG, else KVM if it runs a guest, else TCG; so
 * TCG for ACCEL_KVM means that the request cannot be met. A host that is not x86_64 has no boot
 * sector to try, and ACCEL_KVM is returned untested. why: the reason, one line of at most
 * ACCEL_WHY_SIZE bytes. The result is cached in $XDG_CACHE_HOME/storeboot/accel/ for this boot of
 * the host, this QEMU and this /dev/kvm; a failure of KVM only for ten minutes, and a lack of
 * progress only after two in a row. ACCEL_KVM ignores a cached failure.
 */
enum accel accel_choose(enum accel wanted, const char *qemu, char *why, size_t why_size);

struct arch;

struct accel_request {
	enum accel wanted;
	const struct arch *arch; /* of the guest */
	const char *qemu;	 /* a path */
	bool only_look;		 /* no guest will run: ACCEL_KVM is not tested */
};

/* Chooses the accelerator of a run. why: ACCEL_WHY_SIZE bytes. Returns 0, or -errno with e: KVM was
 * requested and runs no guest (EXIT_MISSING), or a signal that ends the run is pending (-EINTR). */
_must_check_ int accel_find(const struct accel_request *q, enum accel *ret, char *why,
			    struct err *e);

const char *accel_name(enum accel accel);

#endif
