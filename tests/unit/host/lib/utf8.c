/* SPDX-License-Identifier: MIT */
/* utf8.c - tests of text made UTF-8 */
#include "host/lib/utf8.h"

#include "tests/lib/test.h"

static void only_utf8_comes_through(void)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "", "" },
		{ "plain\t", "plain\t" },
		{ "\xe2\x82\xac\xf0\x9f\x98\x80", "\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "\x80", "\xef\xbf\xbd" },
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },		      /* over-long */
		{ "\xed\xa0\x80x", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx" }, /* a surrogate */
		{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" },		      /* cut short */
		{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf b = { 0 };

		CHECK_INT(utf8_repair(rows[i].in, &b), 0);
		CHECK_STR(b.data, rows[i].want);
	}
}

int main(void)
{
	RUN(only_utf8_comes_through);
	TEST_END();
}
