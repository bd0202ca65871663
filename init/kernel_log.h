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
	uint64_t mark_us;		/* the record with KERNEL_LOG_MARK; 0: not seen */
};

#define KERNEL_LOG_MARK "storeboot: compares the clocks"

/* The phases' names, in order. */
extern const char *const kernel_phase_names[KERNEL_PHASES];

/* Takes one record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg): does it end a phase? A pure
 * function. */
void kernel_phases_take(struct kernel_phases *p, const char *record, size_t len);

/*
 * Moves the phases' ends from the log's clock to CLOCK_MONOTONIC, by which the steps are timed.
 * now_us: the latter's time when the mark was written. The two begin at different moments of the
 * kernel's start: with kvm-clock the log's is ahead by the time between them. Without a mark
 * nothing is moved. A pure function.
 */
void kernel_phases_move(struct kernel_phases *p, uint64_t now_us);

/* Reads the log and reports the phases that it shows. A kernel that says other words shows fewer.
 */
void kernel_log_report(struct boot *b);

#endif
