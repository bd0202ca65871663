/* SPDX-License-Identifier: MIT */
/* timeline.c - tests of how a boot's times are put together and shown */
#include "host/vm/timeline.h"

#include "tests/lib/test.h"

#define S 1000000ull

struct came {
	enum record_kind kind;
	const char *name;
	uint64_t start, took, now;
};

static void feed(struct timeline *t, const struct came *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct record rec = { .kind = c[i].kind,
				      .start_us = c[i].start,
				      .took_us = c[i].took };

		snprintf(rec.name, sizeof(rec.name), "%s", c[i].name);
		timeline_record(t, &rec, c[i].now);
	}
}

/* QEMU starts at 100 s of the launcher's clock; the guest's 0 is at 102 s. */
static const struct came good[] = {
	{ RECORD_STEP, "console", 3 * S, S / 2, 110 * S }, /* waited for the channel */
	{ RECORD_BEGIN, "modules", 4 * S, 0, 106 * S + 10 },
	{ RECORD_STEP, "modules", 4 * S, 2 * S, 108 * S },
	{ RECORD_SKIP, "net", 6 * S, 0, 108 * S + 500 },
	{ RECORD_BEGIN, "disk", 6 * S, 0, 108 * S + 500 },
	{ RECORD_SKIP, "disk", 6 * S, S / 4, 109 * S },
	{ RECORD_BEGIN, "stage2", 7 * S, 0, 110 * S },
	{ RECORD_STAGE2, "stage2", 7 * S + 2000, 0, 110 * S },
};

static void a_good_boot(void)
{
	struct timeline t = { .qemu_us = 100 * S, .greeted_us = 100 * S + S / 2 };
	_cleanup_buf_ struct buf b = { 0 };

	feed(&t, good, ARRAY_SIZE(good));
	t.end_us = 120 * S;
	CHECK_INT(t.offset_us, 102 * S);
	CHECK_INT(timeline_table(&t, &b), 0);
	CHECK_STR(b.data, "                          from, s      took, s\n"
			  "  QEMU                      0.000        0.500\n"
			  "  firmware                  0.500        1.500\n"
			  "  kernel                    2.000        3.000\n"
			  "  console                   5.000        0.500\n"
			  "  modules                   6.000        2.000\n"
			  "  disk                      8.000        0.250  nothing to do\n"
			  "  stage2                    9.000        0.002\n"
			  "  stage 2 reached           9.002\n"
			  "  QEMU ended               20.000\n");
}

static void boots_that_end_early(void)
{
	static const struct came failed[] = {
		{ RECORD_BEGIN, "disk", 6 * S, 0, 8 * S },
		{ RECORD_FAIL, "disk", 9 * S, 0, 11 * S },
	};
	static const struct came hangs[] = { { RECORD_BEGIN, "share", 6 * S, 0, 8 * S } };
	struct timeline t = { .qemu_us = 1 * S, .greeted_us = 2 * S, .end_us = 31 * S }, silent = t,
			h = t;
	_cleanup_buf_ struct buf b = { 0 }, c = { 0 }, d = { 0 };

	feed(&t, failed, ARRAY_SIZE(failed));
	CHECK_INT(timeline_table(&t, &b), 0);
	CHECK_HAS(b.data, "  disk                      7.000        3.000  failed\n");
	feed(&h, hangs, ARRAY_SIZE(hangs));
	CHECK_INT(timeline_table(&h, &c), 0);
	CHECK_HAS(c.data, "  share                     7.000       23.000  did not end\n");
	CHECK(!strstr(c.data, "stage 2"));
	CHECK_INT(timeline_table(&silent, &d), 0);
	CHECK_HAS(d.data, "  firmware, kernel          1.000       29.000  did not end\n");
	/* The greeting was read later than the kernel had begun by its own clock. */
	t.greeted_us = 20 * S;
	buf_free(&b);
	CHECK_INT(timeline_table(&t, &b), 0);
	CHECK_HAS(b.data, "  QEMU                      0.000        1.000\n"
			  "  firmware                  1.000        0.000\n");
}

static void more_steps_than_there_is_room_for(void)
{
	struct timeline t = { .qemu_us = 1 };
	_cleanup_buf_ struct buf b = { 0 };

	for (unsigned int i = 0; i < 100; i++) {
		const struct came c = { RECORD_STEP, "again", i * S, S, i * S + S };

		feed(&t, &c, 1);
	}
	CHECK_INT(t.n, TIMELINE_STEPS);
	CHECK_INT(timeline_table(&t, &b), 0);
}

static void the_kernels_own_phases(void)
{
	static const struct came boot[] = {
		{ RECORD_STEP, "console", 3 * S, S / 2, 6 * S },
		{ RECORD_KERNEL, "machine", 0, S, 6 * S },
		{ RECORD_KERNEL, "a name\twith 31 characters in it", S, 2 * S, 6 * S },
		{ RECORD_STAGE2, "stage2", 4 * S, 0, 6 * S },
	};
	struct timeline t = { .qemu_us = 1 * S };
	_cleanup_buf_ struct buf b = { 0 };

	feed(&t, boot, ARRAY_SIZE(boot));
	CHECK_INT(timeline_table(&t, &b), 0);
	CHECK_HAS(b.data, "  kernel                    1.000        3.000\n"
			  "  kernel: machine           1.000        1.000\n"
			  "  kernel: a name?with 31 characte        2.000        2.000\n"
			  "  console                   4.000        0.500\n");
	for (unsigned int i = 0; i < 100; i++)
		feed(&t, &boot[1], 1);
	CHECK_INT(t.n_kernel, TIMELINE_PHASES);
	buf_free(&b);
	CHECK_INT(timeline_svg(&t, "x", &b), 0);
	CHECK_HAS(b.data, ">kernel: machine</text>");
}

static void the_drawing(void)
{
	struct timeline t = { .qemu_us = 100 * S }, none = { .qemu_us = 5, .end_us = 5 };
	_cleanup_buf_ struct buf b = { 0 }, c = { 0 };

	feed(&t, good, ARRAY_SIZE(good));
	CHECK_INT(timeline_svg(&t, "a<b>&\"c", &b), 0);
	CHECK_HAS(b.data, "<svg xmlns=\"http://www.w3.org/2000/svg\" ");
	CHECK_HAS(b.data, ">a&#60;b&#62;&#38;&#34;c: 9.00 s from QEMU's start to stage 2</text>");
	/* From 2 s of 9.002 s: 140 + 690 * 2 / 9.002; and 3 s long. */
	CHECK_HAS(b.data, "<rect x=\"293.3\" y=\"116\" width=\"229.9\" ");
	CHECK_HAS(b.data, ">3.00 s</text>");
	CHECK_HAS(b.data, ">9 s</text>");
	CHECK_HAS(b.data, "</svg>\n");
	CHECK_INT(timeline_svg(&none, "x", &c), 0);
	CHECK_HAS(c.data, "</svg>\n");
}

/* A guest may send any number: no sum overflows, and the drawing ends. */
static void times_that_no_boot_has(void)
{
	static const struct came forged[] = {
		{ RECORD_BEGIN, "a", UINT64_MAX, 0, 2 * S },
		{ RECORD_STEP, "a", UINT64_MAX, UINT64_MAX, 2 * S },
		{ RECORD_STEP, "b", INT64_MAX, 1, 3 * S },
		{ RECORD_BEGIN, "c", 9 * S, 0, 3 * S },
		{ RECORD_FAIL, "c", 1, 0, 3 * S },
		{ RECORD_KERNEL, "d", UINT64_MAX, UINT64_MAX, 3 * S },
		{ RECORD_STAGE2, "e", UINT64_MAX, 0, 4 * S },
	};
	struct timeline t = { .qemu_us = 1 * S, .greeted_us = 2 * S, .end_us = 5 * S };
	_cleanup_buf_ struct buf b = { 0 }, table = { 0 };

	feed(&t, forged, ARRAY_SIZE(forged));
	CHECK_INT(timeline_svg(&t, "x", &b), 0);
	CHECK(b.len < 16384);
	CHECK_INT(timeline_table(&t, &table), 0);
	CHECK_INT(t.steps[2].took_us, 0); /* it failed before it began */
}

int main(void)
{
	RUN(a_good_boot);
	RUN(boots_that_end_early);
	RUN(more_steps_than_there_is_room_for);
	RUN(the_kernels_own_phases);
	RUN(the_drawing);
	RUN(times_that_no_boot_has);
	TEST_END();
}
