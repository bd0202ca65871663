/* SPDX-License-Identifier: MIT */
/* str.c - tests of fixed and growing buffers */
#include "init/lib/str.h"

#include <errno.h>

#include "tests/lib/test.h"

static void format_refuses_truncation(void)
{
	char small[4] = "xyz";

	CHECK_INT(str_format(small, sizeof(small), "%s", "abc"), 0);
	CHECK_STR(small, "abc");
	CHECK_INT(str_format(small, sizeof(small), "%s", "abcd"), -ENAMETOOLONG);
	CHECK_STR(small, "");
}

static void after_and_ends(void)
{
	CHECK_STR(str_after("init=/x", "init="), "/x");
	CHECK(str_after("ini", "init=") == NULL);
	CHECK(str_ends("cifs.ko.xz", ".ko.xz"));
	CHECK(!str_ends("ko", ".ko"));
}

static void buffer_grows_and_stays_terminated(void)
{
	_cleanup_buf_ struct buf b = { 0 };

	for (int i = 0; i < 1000; i++)
		CHECK_INT(buf_addf(&b, "%d,", i), 0);
	CHECK_INT(b.len, 10 * 2 + 90 * 3 + 900 * 4);
	CHECK_INT(strlen(b.data), b.len);
	CHECK_INT(buf_add(&b, "\0x", 2), 0);
	CHECK_INT(b.data[b.len], 0);
	CHECK_INT(buf_reserve(&b, (size_t)-1), -ENOMEM);
}

static void vector_ends_in_null(void)
{
	_cleanup_strv_ struct strv s = { 0 };

	CHECK_INT(strv_add(&s, "a b"), 0);
	CHECK_INT(strv_addf(&s, "%d", 7), 0);
	CHECK_STR(s.v[0], "a b");
	CHECK_STR(s.v[1], "7");
	CHECK(s.v[2] == NULL);
	CHECK_INT(strv_add_all(&s, (const char *const[]){ "x", "y", NULL }), 0);
	CHECK_INT(s.n, 4);
	CHECK_STR(s.v[3], "y");
	CHECK(s.v[4] == NULL);
}

int main(void)
{
	RUN(format_refuses_truncation);
	RUN(after_and_ends);
	RUN(buffer_grows_and_stays_terminated);
	RUN(vector_ends_in_null);
	TEST_END();
}
