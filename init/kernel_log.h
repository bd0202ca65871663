/* SPDX-License-Identifier: MIT */
/* kernel_log.h - the kernel's phases before PID 1, from its own log */
#ifndef STOREBOOT_KERNEL_LOG_H
#define STOREBOOT_KERNEL_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "init/boot.h"

#define KERNEL_PHASES 4

struct kernel_phases {
	uint64_t end_us[KERNEL_PHASES]; /* 0: not seen */
};

/* The phases' names, in order. */
extern const char *const kernel_phase_names[KERNEL_PHASES];

/* Takes one record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg): does it end a phase? A pure function. */
void kernel_phases_take(struct kernel_phases *p, const char *record, size_t len);

/* Reads the log and reports the phases that it shows. A kernel that says other words shows fewer. */
void kernel_log_report(struct boot *b);

#endif
