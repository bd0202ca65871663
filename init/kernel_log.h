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
	uint64_t mark_us;		/* time of the record with KERNEL_LOG_MARK; 0: not seen */
};

#define KERNEL_LOG_MARK "storeboot: compares the clocks"

/* The phases' names, in order. */
extern const char *const kernel_phase_names[KERNEL_PHASES];

/* Stores the time of one record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg) if it ends a
 * phase or is the mark. A pure function. */
void kernel_phases_take(struct kernel_phases *p, const char *record, size_t len);

/*
 * Converts the ends of the phases from the log's clock to CLOCK_MONOTONIC, the clock of the steps.
 * now_us: CLOCK_MONOTONIC when the mark was written. The clocks start at different moments of the
 * kernel's start: with kvm-clock the log's is ahead by the time between them. Without a mark
 * nothing changes. A pure function.
 */
void kernel_phases_move(struct kernel_phases *p, uint64_t now_us);

/* Reports the phases found in the kernel's log; those with other texts are missing. */
void kernel_log_report(struct boot *b);

#endif
