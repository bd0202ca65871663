/* SPDX-License-Identifier: MIT */
/* accel_probe.h - constants shared by the boot sector and the host */
#ifndef STOREBOOT_HOST_ACCEL_PROBE_H
#define STOREBOOT_HOST_ACCEL_PROBE_H

#define ACCEL_PROBE_PORT 0xf4
/* Each byte written to this port is a sign of progress. SeaBIOS writes its messages to the same
 * port. */
#define ACCEL_PROBE_SIGN 0x402
#define ACCEL_PROBE_GOOD 0x2a
/* QEMU's exit status when the guest writes ACCEL_PROBE_GOOD to isa-debug-exit. */
#define ACCEL_PROBE_STATUS (ACCEL_PROBE_GOOD * 2 + 1)

#endif
