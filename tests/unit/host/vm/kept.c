/* SPDX-License-Identifier: MIT */
/* kept.c - tests of the console output that `storeboot log` shows */
#include "host/vm/kept.h"

#include <stdio.h>

#include "init/lib/frame.h"
#include "tests/lib/channel.h"
#include "tests/lib/test.h"

/* What a program gets that asks for the log. */
static void shown(const struct buf *kept, struct buf *ret)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct frame f;
	size_t at = 0;
	int n;

	CHECK_INT(kept_put(kept, &out), 0);
	while ((n = frame_take(out.data + at, out.len - at, &f)) > 0) {
		CHECK_INT(f.kind, FRAME_OUT);
		CHECK_INT(buf_add(ret, f.data, f.len), 0);
		at += (size_t)n;
	}
	CHECK_INT(at, out.len);
}

static void all_while_it_fits(void)
{
	_cleanup_buf_ struct buf kept = { 0 }, got = { 0 };
	const char text[] = "cut off\nline\nno end";

	shown(&kept, &got);
	CHECK_INT(got.len, 0);
	kept_add(&kept, text, strlen(text));
	shown(&kept, &got);
	CHECK_STR(got.data, text);
}

/* However much there is: the last 64 KiB, from a line on, and no more memory than twice that. */
static void the_end_of_much(void)
{
	_cleanup_buf_ struct buf kept = { 0 }, got = { 0 };
	char line[32];

	for (int i = 0; i < 100000; i++) {
		int n = snprintf(line, sizeof(line), "line %d\n", i);

		kept_add(&kept, line, (size_t)n);
		CHECK(kept.len < 2 * KEPT_MAX + sizeof(line));
	}
	shown(&kept, &got);
	CHECK(got.len <= KEPT_MAX && got.len > KEPT_MAX - sizeof(line));
	CHECK(strncmp(got.data, "line ", 5) == 0);
	CHECK_STR(got.data + got.len - strlen("line 99999\n"), "line 99999\n");
}

/* A guest that writes no line. */
static void no_lines(void)
{
	_cleanup_buf_ struct buf kept = { 0 }, got = { 0 };
	char data[4096];

	memset(data, 'x', sizeof(data));
	for (int i = 0; i < 100; i++)
		kept_add(&kept, data, sizeof(data));
	shown(&kept, &got);
	CHECK_INT(got.len, KEPT_MAX);
}

/* With and without what follows; the answer has what was asked for. */
static void a_program_asks(void)
{
	const unsigned char so_far[4] = { FRAME_SO_FAR }, from_kept[4] = { FRAME_FROM_KEPT };
	struct side follows;

	setup();
	channel_console(&c, "before\n", 7);
	follows = (struct side){ .fd = connect_program() };
	say(&program, FRAME_ATTACH, 0, so_far, sizeof(so_far));
	say(&follows, FRAME_ATTACH, 0, from_kept, sizeof(from_kept));
	channel_console(&c, "after\n", 6);
	serve();
	CHECK_INT(heard(&program), FRAME_ATTACH);
	CHECK_INT(frame_number(&program.frame, 0, 4), FRAME_SO_FAR);
	CHECK_INT(heard(&program), FRAME_OUT);
	CHECK(program.frame.len == 7 && memcmp(program.frame.data, "before\n", 7) == 0);
	check_told(&program, FRAME_GONE, 0, "");
	CHECK_INT(heard(&program), -1);
	CHECK_INT(heard(&follows), FRAME_ATTACH);
	CHECK_INT(frame_number(&follows.frame, 0, 4), FRAME_FROM_KEPT);
	CHECK_INT(heard(&follows), FRAME_OUT);
	CHECK_INT(heard(&follows), FRAME_OUT);
	CHECK(follows.frame.len == 6 && memcmp(follows.frame.data, "after\n", 6) == 0);
	CHECK_INT(heard(&follows), 0);
	side_free(&follows);
	teardown();
}

int main(void)
{
	RUN(all_while_it_fits);
	RUN(the_end_of_much);
	RUN(no_lines);
	RUN(a_program_asks);
	TEST_END();
}
