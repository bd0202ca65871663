/* SPDX-License-Identifier: MIT */
/* stop.c - tests of the stages of ending a guest */
#include "host/vm/stop.h"

#include <stdlib.h>
#include <string.h>

#include "init/lib/macro.h"
#include "tests/lib/test.h"

/* All stages that a guest goes through, from one on. */
static const char *stages(enum stop_stage now, const struct stop_means *m)
{
	static const char *const names[] = { "no", "agent", "button", "off", "quit", "kill" };
	static char text[128];
	uint64_t us;

	text[0] = '\0';
	for (int i = 0; i < 6 && now != STOP_KILL; i++) {
		now = stop_next(now, m, &us);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s %llu ", names[now],
			 (unsigned long long)us / 1000000);
	}
	return text;
}

static void every_guest(void)
{
	static const struct {
		enum stop_stage from;
		struct stop_means m;
		const char *want;
	} rows[] = {
		{ STOP_NO, { true, true, true, 30 }, "agent 30 off 15 quit 2 kill 2 " },
		{ STOP_NO, { false, true, true, 30 }, "button 30 quit 2 kill 2 " }, /* no agent */
		{ STOP_NO, { false, false, true, 30 }, "quit 2 kill 2 " }, /* still in stage 1 */
		{ STOP_NO,
		  { true, false, true, 30 },
		  "off 15 quit 2 kill 2 " }, /* at a failed step */
		{ STOP_NO,
		  { true, true, true, 0 },
		  "off 15 quit 2 kill 2 " },			    /* shall not be asked */
		{ STOP_NO, { false, true, false, 30 }, "kill 2 " }, /* QEMU says nothing */
		{ STOP_OFF, { true, true, true, 30 }, "quit 2 kill 2 " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_STR(stages(rows[i].from, &rows[i].m), rows[i].want);
}

/* A kill that did not end it is tried again. */
static void for_ever(void)
{
	const struct stop_means m = { 0 };
	uint64_t us;

	CHECK_INT(stop_next(STOP_KILL, &m, &us), STOP_KILL);
}

int main(void)
{
	RUN(every_guest);
	RUN(for_ever);
	TEST_END();
}
