/* SPDX-License-Identifier: MIT */
/*
 * stuck.h - detect a guest that makes no progress
 *
 * Theory of operation: on a loaded host a guest that needs a tenth of a second can take a minute,
 * so wall time proves nothing. The guest sends bytes as it runs. It is stuck if, since the last
 * byte, its processors' threads have used STUCK_CPU_MS, or QEMU has slept for STUCK_ASLEEP_MS. QEMU
 * sleeps if all its threads are in interruptible sleep: none is runnable, in uninterruptible sleep
 * or stopped.
 */
#ifndef STOREBOOT_HOST_STUCK_H
#define STOREBOOT_HOST_STUCK_H

#include <stddef.h>
#include <sys/types.h>

#define STUCK_CPU_MS 5000
#define STUCK_ASLEEP_MS 5000

/* Initialise with zeroes. */
struct stuck {
	size_t heard;	      /* bytes from the guest so far */
	unsigned long cpu_ms; /* processor time used at the last byte */
	unsigned int asleep_ms;
};

/* Looks at QEMU, whose process is pid. Call it every interval_ms. heard: bytes that the guest has
 * sent so far. A late call counts too little sleep, never too much. Returns 0, or -ETIMEDOUT if the
 * guest is stuck, with the reason in why (one line, size bytes). */
int stuck_look(struct stuck *s, pid_t pid, size_t heard, unsigned int interval_ms, char *why,
	       size_t size);

#endif
