/* SPDX-License-Identifier: MIT */
/* stop.h - ending a guest: asked first, then without asking */
#ifndef STOREBOOT_HOST_STOP_H
#define STOREBOOT_HOST_STOP_H

#include <stdbool.h>
#include <stdint.h>

enum stop_stage {
	STOP_NO,
	STOP_AGENT,  /* the agent asks stage 2 for a clean power-off */
	STOP_BUTTON, /* no agent: the machine's power button is pressed (ACPI) */
	STOP_OFF,    /* the agent makes the file systems clean and switches off */
	STOP_QUIT,   /* QEMU is asked to quit */
	STOP_KILL,   /* and killed */
};

/* What there is to end it by. */
struct stop_means {
	bool agent;	      /* is in the guest */
	bool stage2;	      /* the guest is so far that it can power itself off */
	bool monitor;	      /* QEMU takes commands */
	unsigned int grace_s; /* for a clean power-off */
};

/* The stage after one that did not end the guest in time. ret_us: how long it has. A pure function.
 */
enum stop_stage stop_next(enum stop_stage now, const struct stop_means *m, uint64_t *ret_us);

#endif
