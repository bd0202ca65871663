/* SPDX-License-Identifier: MIT */
/* report.c - tests of putting the guest's records together */
#include "host/vm/report.h"

#include <stdlib.h>

#include "tests/lib/test.h"

static const char stream[] = "SeaBIOS\r\n"
			     "sb1\tstep\tconsole\t0\t100\t20\t\n"
			     "sb1\tskip\tdisk\t0\t130\t1\tnot wanted\r\n"
			     "\n"
			     "sb1\twarn\tregInfo\t0\t140\t1\tno file\n"
			     "sb1\tnonsense\n"
			     "sb1\tbegin\tshare\t0\t141\t0\t\n"
			     "sb1\tfail\tshare\t113\t150\t9\t//10.0.2.4/qemu:\\tno answer\n"
			     "sb1\tfail\troot\t5\t160\t9\tlater\n"
			     "sb1\tstage2\tstage2\t0\t170\t0\t/init";

static unsigned int seen;

static void count(const struct record *rec, void *arg)
{
	seen += rec->kind == RECORD_WARN ? 100 : 1;
	*(int *)arg = rec->num;
}

static void pieces_of_every_size(void)
{
	for (size_t step = 1; step <= sizeof(stream); step++) {
		struct report r = { 0 };
		int last = -1;

		seen = 0;
		for (size_t at = 0; at < sizeof(stream) - 1; at += step) {
			size_t left = sizeof(stream) - 1 - at;

			report_feed(&r, stream + at, left < step ? left : step, count, &last);
		}
		CHECK_INT(r.records, 6);
		CHECK_INT(seen, 105);
		CHECK_INT(last, 5);
		CHECK(r.failed);
		CHECK_STR(r.fail.name, "share");
		CHECK_STR(r.fail.text, "//10.0.2.4/qemu:\tno answer");
		CHECK_STR(r.last_step, "disk");
		CHECK_STR(r.now_step, "share");
		CHECK(!r.stage2); /* its line has not ended */
		report_feed(&r, "\n", 1, NULL, NULL);
		CHECK(r.stage2);
	}
}

static void a_line_that_is_too_long(void)
{
	static const char end[] = "\nsb1\tstage2\tstage2\t0\t1\t0\t/init\n";
	struct report r = { 0 };

	for (int i = 0; i < 10000; i++)
		report_feed(&r, "xxxx", 4, NULL, NULL);
	report_feed(&r, end, sizeof(end) - 1, NULL, NULL);
	CHECK_INT(r.records, 1);
	CHECK(r.stage2);
}

static void nul_bytes_are_no_record(void)
{
	static const char text[] = "\0\0sb1\tstage2\tstage2\t0\t1\t0\t/init\n";
	struct report r = { 0 };

	report_feed(&r, text, sizeof(text) - 1, NULL, NULL);
	CHECK_INT(r.records, 0);
}

#define STAGE2 "sb1\tstage2\tstage2\t0\t170\t4711\t/init\n"
#define FAIL(token) "sb1\tfail\tshare\t5\t180\t" token "\tforged\n"

static void note(const struct record *rec, void *arg)
{
	CHECK(rec->took_us != 4711); /* the token stays here */
	++*(int *)arg;
}

static int feed(struct report *r, const char *text)
{
	int n = 0;

	report_feed(r, text, strlen(text), note, &n);
	return n;
}

/* The guest's root can write whatever it likes to the port. */
static void stage_2_is_not_believed(void)
{
	struct report r = { 0 };

	CHECK_INT(feed(&r, STAGE2), 1);
	CHECK(r.stage2 && r.closed);
	CHECK_INT(feed(&r, FAIL("0") FAIL("4710") STAGE2 "sb1\tbegin\tdisk\t0\t1\t4711\t\n"
							 "sb1\tpvpanic\tx\t0\t1\t4711\t\n"
							 "sb1\twarn\tdisk\t0\t1\t4711\tx\n"),
		  0);
	CHECK(!r.failed && r.stage2 && r.closed && !r.pvpanic);
	CHECK_INT(r.records, 1);
	CHECK_STR(r.now_step, "");
	/* Only once: it is the agent's word. */
	CHECK_INT(feed(&r, "sb1\twarn\tagent\t0\t1\t0\tone\n"
			   "sb1\twarn\tagent\t0\t1\t0\ttwo\n"),
		  1);
	CHECK_STR(r.no_agent_text, "one");
	CHECK_INT(r.records, 2);
}

static void a_failed_exec_is_believed(void)
{
	struct report r = { 0 };

	CHECK_INT(feed(&r, STAGE2 FAIL("4711")), 2);
	CHECK(r.failed && !r.closed);
	CHECK_STR(r.fail.text, "forged");
	/* Stage 1 tries the step again. */
	CHECK_INT(feed(&r, "sb1\tbegin\tstage2\t0\t1\t0\t\n" STAGE2), 2);
	CHECK(!r.failed && r.closed);
	CHECK_INT(feed(&r, FAIL("0")), 0);
}

/* Nor is there anything to guess where stage 1 has sent no token. */
static void without_a_token(void)
{
	struct report r = { 0 };

	CHECK_INT(feed(&r, "sb1\tstage2\tcommand\t0\t170\t0\tx\n" FAIL("0")), 1);
	CHECK(!r.failed && r.closed);
	r = (struct report){ 0 };
	CHECK_INT(feed(&r, STAGE2), 1);
	r.token = 0; /* the agent has reported the exec */
	CHECK_INT(feed(&r, FAIL("4711") FAIL("0")), 0);
}

static void a_reset_brings_stage_1_back(void)
{
	struct report r = { 0 };

	CHECK_INT(feed(&r, STAGE2 "sb1\tfail\tshare\t5\t180\t0\tthe beginning of"), 1);
	report_reopen(&r);
	CHECK_INT(feed(&r, " a line\n"), 0);
	CHECK(!r.failed && r.stage2);
	CHECK_INT(feed(&r, "sb1\tfail\tdisk\t5\t180\t0\tagain\n"), 1);
	CHECK(r.failed);
}

int main(void)
{
	RUN(stage_2_is_not_believed);
	RUN(a_failed_exec_is_believed);
	RUN(without_a_token);
	RUN(a_reset_brings_stage_1_back);
	RUN(pieces_of_every_size);
	RUN(a_line_that_is_too_long);
	RUN(nul_bytes_are_no_record);
	TEST_END();
}
