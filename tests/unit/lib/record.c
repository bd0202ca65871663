/* SPDX-License-Identifier: MIT */
/* record.c - tests of the records between guest and host */
#include "init/lib/record.h"

#include <errno.h>
#include <limits.h>

#include "tests/lib/test.h"

static struct record out;

static int parse(const char *line)
{
	return record_parse(line, strlen(line), &out);
}

static void a_record_as_it_is_on_the_line(void)
{
	const struct record rec = { RECORD_FAIL, EHOSTDOWN, 1500000, 250, "share", "no\tserver\n" };
	char line[RECORD_LINE_MAX];
	static const char want[] = "sb1\tfail\tshare\t112\t1500000\t250\tno\\tserver\\n\n";

	CHECK_INT(record_format(&rec, line, sizeof(line)), sizeof(want) - 1);
	CHECK_STR(line, want);
}

static void every_kind_and_byte_comes_back(void)
{
	for (int kind = RECORD_STEP; kind <= RECORD_BEGIN; kind++) {
		struct record rec = { (enum record_kind)kind, INT_MAX, UINT64_MAX, 0,
				      "a\\b\tc\r\n",	      "" };
		char line[RECORD_LINE_MAX];
		int n;

		for (int i = 1; i < 256; i++)
			rec.text[i - 1] = (char)i;
		n = record_format(&rec, line, sizeof(line));
		CHECK(n > 0);
		CHECK_INT(strlen(line), n);
		CHECK(strchr(line, '\n') == line + n - 1);
		CHECK_INT(record_parse(line, (size_t)n - 1, &out), 0);
		CHECK(memcmp(&out, &rec, sizeof(rec)) == 0);
	}
}

static void the_longest_record_fits(void)
{
	struct record rec = { RECORD_STAGE2, INT_MAX, UINT64_MAX, UINT64_MAX, "", "" };
	char line[RECORD_LINE_MAX];
	int n;

	memset(rec.name, '\t', sizeof(rec.name) - 1);
	memset(rec.text, '\\', sizeof(rec.text) - 1);
	n = record_format(&rec, line, sizeof(line));
	CHECK(n > 0);
	CHECK_INT(record_parse(line, (size_t)n - 1, &out), 0);
	CHECK_STR(out.text, rec.text);
	/* Every shorter buffer is refused, and none is written past its end. */
	for (size_t size = 0; size <= (size_t)n; size++) {
		char *small = malloc(size ? size : 1);

		CHECK_INT(record_format(&rec, small, size), -ENAMETOOLONG);
		free(small);
	}
	CHECK_INT(record_format(&rec, line, (size_t)n + 1), n);
}

static void a_terminals_return_is_dropped(void)
{
	CHECK_INT(parse("sb1\tstep\tnet\t0\t1\t2\teth0 up\r"), 0);
	CHECK_STR(out.text, "eth0 up");
	CHECK_INT(out.start_us, 1);
	CHECK_INT(out.took_us, 2);
}

static void other_lines_are_no_records(void)
{
	static const char *const wrong[] = {
		"",
		"\r",
		"\t",
		"SeaBIOS (version 1.16)",
		"sb1",
		"sb2\tstep\tnet\t0\t1\t2\tx",
		"sb\tstep\tnet\t0\t1\t2\tx",
		"sb1\tstop\tnet\t0\t1\t2\tx",
		"sb1\tstep\tnet\t0\t1\t2",
		"sb1\tstep\tnet\t-1\t1\t2\tx",
		"sb1\tstep\tnet\t\t1\t2\tx",
		"sb1\tstep\tnet\t 1\t1\t2\tx",
		"sb1\tstep\tnet\t2147483648\t1\t2\tx",
		"sb1\tstep\tnet\t0\t18446744073709551616\t2\tx",
		"sb1\tstep\tnet\t0\t1\t99999999999999999999999\tx",
		"sb1\tstep\tnet\t0\t1\t2\tcut\\",
		"sb1\tstep\tnet\t0\t1\t2\t\\q",
		"sb1\tstep\ta-name-of-far-more-than-thirty-one-bytes\t0\t1\t2\tx",
		"x sb1\tstep\tnet\t0\t1\t2\tx",
	};

	memset(&out, 0x5a, sizeof(out));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		CHECK_INT(parse(wrong[i]), -EBADMSG);
	CHECK_INT(record_parse("sb1\tstep\tnet\t0\t1\t2\ta\0b", 22, &out), -EBADMSG);
	for (size_t i = 0; i < sizeof(out); i++)
		CHECK(((unsigned char *)&out)[i] == 0x5a);
}

static void a_text_over_its_field_is_refused(void)
{
	char line[1200];
	int n = snprintf(line, sizeof(line), "sb1\tstep\tnet\t0\t1\t2\t");

	memset(line + n, 'x', 1024);
	CHECK_INT(record_parse(line, (size_t)n + 1024, &out), -EBADMSG);
	CHECK_INT(record_parse(line, (size_t)n + 1023, &out), 0);
	CHECK_INT(strlen(out.text), 1023);
}

int main(void)
{
	RUN(a_record_as_it_is_on_the_line);
	RUN(every_kind_and_byte_comes_back);
	RUN(the_longest_record_fits);
	RUN(a_terminals_return_is_dropped);
	RUN(other_lines_are_no_records);
	RUN(a_text_over_its_field_is_refused);
	TEST_END();
}
