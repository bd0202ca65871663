/* SPDX-License-Identifier: MIT */
/* deadline.c - how long each phase of a run may take */
#include "host/run/deadline.h"

#include <stdio.h>

enum deadline deadline_next(const struct limits *l, uint64_t start_us, bool stage1_over,
			    uint64_t *ret_us)
{
	unsigned int stage1 = stage1_over ? 0 : l->stage1;

	if (!stage1 && !l->run)
		return DEADLINE_NONE;
	if (stage1 && (!l->run || stage1 <= l->run)) {
		*ret_us = start_us + (uint64_t)stage1 * 1000000;
		return DEADLINE_STAGE1;
	}
	*ret_us = start_us + (uint64_t)l->run * 1000000;
	return DEADLINE_RUN;
}

/* How far the guest was when it was last heard of. */
static void where(const struct report *r, char *ret, size_t size)
{
	if (r->stage2)
		snprintf(ret, size, "stage 2 was reached");
	else if (r->failed)
		snprintf(ret, size, "stage 1 had failed at step %s", r->fail.name);
	else if (r->records == 0)
		snprintf(ret, size, "it did not say a word: firmware, kernel or stage 1 hangs");
	else
		snprintf(ret, size, "the last step that ended was %s%s%s",
			 r->last_step[0] ? r->last_step : "(none)",
			 r->now_step[0] ? "; now in " : "", r->now_step);
}

void deadline_text(enum deadline missed, const struct limits *l, const struct report *r, char *ret,
		   size_t size)
{
	char how_far[160];

	where(r, how_far, sizeof(how_far));
	if (missed == DEADLINE_STAGE1)
		snprintf(ret, size, "stage 1 did not end within %u s; %s", l->stage1, how_far);
	else
		snprintf(ret, size, "the run did not end within %u s; %s", l->run, how_far);
}
