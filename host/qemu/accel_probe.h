/* SPDX-License-Identifier: MIT */
/* accel_probe.h - what the boot sector and its host agree on */
#ifndef STOREBOOT_HOST_ACCEL_PROBE_H
#define STOREBOOT_HOST_ACCEL_PROBE_H

#define ACCEL_PROBE_PORT 0xf4
/* Each byte that is written here is a sign of progress. SeaBIOS sends its messages to the same
 * port. */
#define ACCEL_PROBE_SIGN 0x402
#define ACCEL_PROBE_GOOD 0x2a
/* isa-debug-exit: exit status for a value written. */
#define ACCEL_PROBE_STATUS (ACCEL_PROBE_GOOD * 2 + 1)

#endif
