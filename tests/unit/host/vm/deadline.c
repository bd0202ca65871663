/* SPDX-License-Identifier: MIT */
/* deadline.c - tests of the phases' deadlines */
#include "host/vm/deadline.h"

#include "tests/lib/test.h"

static void the_next_one(void)
{
	static const struct {
		struct limits limits;
		struct phases p;
		enum deadline want;
		uint64_t at;
	} rows[] = {
		{ { 0, 0, 0 }, { 5, 0, 5 }, DEADLINE_NONE, 7 },
		{ { 60, 0, 0 }, { 5, 0, 5 }, DEADLINE_STAGE1, 60000005 },
		{ { 60, 0, 0 }, { 0, 0, 5 }, DEADLINE_NONE, 7 },
		{ { 60, 90, 0 }, { 5, 0, 5 }, DEADLINE_STAGE1, 60000005 },
		{ { 60, 90, 0 }, { 0, 0, 5 }, DEADLINE_RUN, 90000005 },
		{ { 90, 60, 0 }, { 5, 0, 5 }, DEADLINE_RUN, 60000005 },
		{ { 60, 90, 10 }, { 0, 30000005, 5 }, DEADLINE_STAGE2, 40000005 },
		{ { 60, 90, 10 }, { 0, 85000005, 5 }, DEADLINE_RUN, 90000005 },
		{ { 0, 4294967295u, 0 }, { 5, 0, 5 }, DEADLINE_RUN, 4294967295000005 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t at = 7;

		CHECK_INT(deadline_next(&rows[i].limits, &rows[i].p, &at), rows[i].want);
		CHECK(at == rows[i].at);
	}
}

static void what_it_says(void)
{
	static const struct limits l = { 60, 90, 30 };
	struct report r = { .records = 3, .now_step = "modules" };
	char text[256];

	deadline_text(DEADLINE_STAGE1, &l, &r, text, sizeof(text));
	CHECK_STR(
		text,
		"stage 1 did not end within 60 s; the last step that ended was (none); now in modules");
	memcpy(r.last_step, "net", 4);
	r.now_step[0] = '\0';
	deadline_text(DEADLINE_RUN, &l, &r, text, sizeof(text));
	CHECK_STR(text, "the run did not end within 90 s; the last step that ended was net");
	deadline_text(DEADLINE_STAGE2, &l, &r, text, sizeof(text));
	CHECK_STR(text, "stage 2 was not up within 30 s; the command was not begun");
	r.failed = true;
	memcpy(r.fail.name, "disk", 5);
	deadline_text(DEADLINE_STAGE1, &l, &r, text, sizeof(text));
	CHECK_STR(text, "stage 1 did not end within 60 s; stage 1 had failed at step disk");
}

int main(void)
{
	RUN(the_next_one);
	RUN(what_it_says);
	TEST_END();
}
