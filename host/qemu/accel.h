/* SPDX-License-Identifier: MIT */
/* accel.h - which accelerator truly runs a guest */
#ifndef STOREBOOT_HOST_ACCEL_H
#define STOREBOOT_HOST_ACCEL_H

#include "init/lib/err.h"

enum accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG };

/*
 * Runs the boot sector of accel_probe.S in qemu (a path) under accel. Returns 1 when it ran to its
 * end, 0 when QEMU ended otherwise (why: a line that says how), or -errno with why when that proves
 * nothing: -ETIMEDOUT, -EAGAIN (killed from outside, something was busy), or QEMU could not be started.
 * why: at least 1 byte.
 */
int accel_probe(const char *qemu, enum accel accel, char *why, size_t why_size);

/*
 * Chooses the accelerator: wanted itself unless it is ACCEL_AUTO; else KVM when it runs a guest,
 * else TCG. why: what the choice rests on, for one line. That KVM runs a guest is kept in
 * $XDG_CACHE_HOME/storeboot/accel/ for this boot of the host and this QEMU; that it does not, for ten
 * minutes; that it was too slow, so as well from the second time in a row on.
 */
enum accel accel_choose(enum accel wanted, const char *qemu, char *why, size_t why_size);

const char *accel_name(enum accel accel);

#endif
