/* SPDX-License-Identifier: MIT */
/* stop.c - the stages of ending a guest, from a request to SIGKILL */
#include "host/vm/stop.h"

#include <stddef.h>

#include "init/lib/macro.h"

#define SECOND ((uint64_t)1000000)

static bool can_ask(const struct stop_means *m)
{
	return m->agent && m->stage2 && m->grace_s > 0;
}

static bool can_press(const struct stop_means *m)
{
	return !m->agent && m->stage2 && m->monitor && m->grace_s > 0;
}

static bool can_switch_off(const struct stop_means *m)
{
	return m->agent;
}

static bool can_quit(const struct stop_means *m)
{
	return m->monitor;
}

static const struct {
	enum stop_stage stage;
	bool (*can)(const struct stop_means *m); /* NULL: always */
	unsigned int seconds;			 /* 0: grace_s */
} stages[] = {
	{ STOP_AGENT, can_ask, 0 },
	{ STOP_BUTTON, can_press, 0 },
	{ STOP_OFF, can_switch_off, 15 }, /* kills what does not end in 2 s, and syncs */
	{ STOP_QUIT, can_quit, 2 },
	/* Repeats: a process that waits for its disk ends later. */
	{ STOP_KILL, NULL, 2 },
};

enum stop_stage stop_next(enum stop_stage now, const struct stop_means *m, uint64_t *ret_us)
{
	size_t i = 0;

	/* Use only one of the two ways to ask: each has the whole grace. */
	if (now == STOP_AGENT)
		now = STOP_BUTTON;
	while (i < ARRAY_SIZE(stages) - 1 &&
	       (stages[i].stage <= now || (stages[i].can && !stages[i].can(m))))
		i++;
	*ret_us = (stages[i].seconds ? stages[i].seconds : m->grace_s) * SECOND;
	return stages[i].stage;
}
