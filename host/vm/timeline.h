/* SPDX-License-Identifier: MIT */
/*
 * timeline.h - how long each part of a boot took, from QEMU's start on
 *
 * Theory of operation: the guest counts from its kernel's start; the launcher has its own clock. A
 * record cannot arrive before it was sent, so the smallest difference between the two over all
 * records is the best estimate of the guest's time 0. From QEMU's start to its monitor's greeting
 * is QEMU's own start. From there to the guest's 0: the rest of the machine, which QEMU makes after
 * the greeting, the firmware, and the kernel's decompression. From there to the first step: the
 * kernel, with its initramfs.
 */
#ifndef STOREBOOT_HOST_TIMELINE_H
#define STOREBOOT_HOST_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/record.h"
#include "init/lib/str.h"

#define TIMELINE_STEPS 32
#define TIMELINE_PHASES 8

enum timeline_outcome { TIMELINE_RUNS, TIMELINE_OK, TIMELINE_SKIPPED, TIMELINE_FAILED };

struct timeline_step {
	char name[32];
	enum timeline_outcome outcome;
	uint64_t start_us, took_us; /* the guest's clock */
};

/* Zero-initialised: empty. */
struct timeline {
	/* QEMU's start, its greeting and its end on the launcher's clock; 0: not yet. */
	uint64_t qemu_us, greeted_us, end_us;
	int64_t offset_us; /* the guest's 0 on the launcher's clock, if heard */
	bool heard, stage2;
	uint64_t stage2_us; /* the guest's clock */
	struct timeline_step steps[TIMELINE_STEPS];
	size_t n;
	struct timeline_step kernel[TIMELINE_PHASES]; /* the kernel's phases */
	size_t n_kernel;
};

/* Adds a record that came at now_us of the launcher's clock. */
void timeline_record(struct timeline *t, const struct record *rec, uint64_t now_us);

/* A table for people; the same as an SVG waterfall diagram. Pure functions. Return 0 or -ENOMEM. */
_must_check_ int timeline_table(const struct timeline *t, struct buf *ret);
_must_check_ int timeline_svg(const struct timeline *t, const char *name, struct buf *ret);

#endif
