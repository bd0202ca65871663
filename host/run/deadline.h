/* SPDX-License-Identifier: MIT */
/* deadline.h - how long each phase of a run may take */
#ifndef STOREBOOT_HOST_DEADLINE_H
#define STOREBOOT_HOST_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/run/report.h"

/* Seconds from QEMU's start; 0: no limit. */
struct limits {
	unsigned int stage1; /* until stage 2 is executed */
	unsigned int run;    /* until QEMU's end */
};

enum deadline { DEADLINE_NONE, DEADLINE_STAGE1, DEADLINE_RUN };

/*
 * The deadline that comes next, and its time in ret_us, on the clock of start_us. stage1_over: stage
 * 1's no longer counts. A pure function.
 */
enum deadline deadline_next(const struct limits *l, uint64_t start_us, bool stage1_over,
			    uint64_t *ret_us);

/* One line: what did not end in time, and how far it was. A pure function. */
void deadline_text(enum deadline missed, const struct limits *l, const struct report *r, char *ret,
		   size_t size);

#endif
