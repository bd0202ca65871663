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

int main(void)
{
	RUN(pieces_of_every_size);
	RUN(a_line_that_is_too_long);
	RUN(nul_bytes_are_no_record);
	TEST_END();
}
