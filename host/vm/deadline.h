/* SPDX-License-Identifier: MIT */
/* deadline.h - how long each phase of a run may take */
#ifndef STOREBOOT_HOST_DEADLINE_H
#define STOREBOOT_HOST_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/vm/report.h"

/* Seconds; 0: no limit. */
struct limits {
	unsigned int stage1; /* from QEMU's start until stage 2 is executed */
	unsigned int run;    /* from QEMU's start until its end */
	unsigned int stage2; /* from stage 2's exec until the command begins */
};

enum deadline { DEADLINE_NONE, DEADLINE_STAGE1, DEADLINE_STAGE2, DEADLINE_RUN };

/* When each phase began, in microseconds of one clock; 0: not yet, or it is over. */
struct phases {
	uint64_t stage1, stage2, run;
};

/* Returns the next deadline, and its time in ret_us, on the clock of p. A pure function. */
enum deadline deadline_next(const struct limits *l, const struct phases *p, uint64_t *ret_us);

/* Formats one line: what missed its deadline, and how far the guest was. A pure function. */
void deadline_text(enum deadline missed, const struct limits *l, const struct report *r, char *ret,
		   size_t size);

#endif
