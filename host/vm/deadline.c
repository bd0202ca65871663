/* SPDX-License-Identifier: MIT */
/* deadline.c - how long each phase of a run may take */
#include "host/vm/deadline.h"

#include <stdio.h>

enum deadline deadline_next(const struct limits *l, const struct phases *p, uint64_t *ret_us)
{
	const struct {
		enum deadline what;
		uint64_t began;
		unsigned int limit;
	} rows[] = {
		{ DEADLINE_STAGE1, p->stage1, l->stage1 },
		{ DEADLINE_STAGE2, p->stage2, l->stage2 },
		{ DEADLINE_RUN, p->run, l->run },
	};
	enum deadline next = DEADLINE_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t at = rows[i].began + (uint64_t)rows[i].limit * 1000000;

		if (!rows[i].began || !rows[i].limit || (next != DEADLINE_NONE && at >= *ret_us))
			continue;
		*ret_us = at;
		next = rows[i].what;
	}
	return next;
}

/* How far the guest was at its last record. */
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
	else if (missed == DEADLINE_STAGE2)
		snprintf(ret, size, "stage 2 was not up within %u s; the command was not begun",
			 l->stage2);
	else
		snprintf(ret, size, "the run did not end within %u s; %s", l->run, how_far);
}
