/* SPDX-License-Identifier: MIT */
/* stop.h - the stages of ending a guest, from a request to SIGKILL */
#ifndef STOREBOOT_HOST_STOP_H
#define STOREBOOT_HOST_STOP_H

#include <stdbool.h>
#include <stdint.h>

enum stop_stage {
	STOP_NO,
	STOP_AGENT,  /* the agent asks stage 2 for a clean power-off */
	STOP_BUTTON, /* without an agent: press the power button (ACPI) */
	STOP_OFF,    /* the agent makes the file systems clean and powers off */
	STOP_QUIT,   /* ask QEMU to quit */
	STOP_KILL,   /* kill QEMU */
};

/* What can end the guest. */
struct stop_means {
	bool agent;	      /* an agent is connected */
	bool stage2;	      /* stage 2 runs and can power the guest off */
	bool monitor;	      /* QEMU's monitor takes commands */
	unsigned int grace_s; /* for a clean power-off */
};

/* Returns the stage after `now`, which did not end the guest in time. ret_us: its time limit. A
 * pure function. */
enum stop_stage stop_next(enum stop_stage now, const struct stop_means *m, uint64_t *ret_us);

#endif
