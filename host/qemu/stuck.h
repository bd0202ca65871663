/* SPDX-License-Identifier: MIT */
/*
 * stuck.h - whether a guest makes progress
 *
 * Theory of operation: on a loaded host a guest that needs a tenth of a second can take a minute,
 * so wall time proves nothing. The guest sends bytes as it goes. It is stuck when its processors'
 * threads have used STUCK_CPU_MS since the last byte, or when QEMU slept for STUCK_ASLEEP_MS since
 * then: all its threads were in interruptible sleep, and none was runnable, in uninterruptible
 * sleep or stopped.
 */
#ifndef STOREBOOT_HOST_STUCK_H
#define STOREBOOT_HOST_STUCK_H

#include <stddef.h>
#include <sys/types.h>

#define STUCK_CPU_MS 5000
#define STUCK_ASLEEP_MS 5000

/* Zero-initialised: nothing was seen yet. */
struct stuck {
	size_t heard;	      /* bytes from the guest */
	unsigned long cpu_ms; /* what its processors had used at the last byte */
	unsigned int asleep_ms;
};

/*
 * Takes a look at QEMU, whose process is pid; call it every interval_ms. heard: how many bytes the
 * guest has sent so far. Late calls count too little sleep, never too much. Returns 0; or
 * -ETIMEDOUT when the guest is stuck, with a line in why (size bytes).
 */
int stuck_look(struct stuck *s, pid_t pid, size_t heard, unsigned int interval_ms, char *why,
	       size_t size);

#endif
