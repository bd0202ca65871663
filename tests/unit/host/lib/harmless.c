/* SPDX-License-Identifier: MIT */
/* harmless.c - tests of text of unknown origin for a terminal, as text and in JSON */
#include "host/lib/harmless.h"

#include "host/lib/json.h"
#include "tests/lib/test.h"

static const struct {
	const char *in, *line, *octal;
} rows[] = {
	{ "", "", "" },
	{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\xc2\xa0",
	  "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\xc2\xa0",
	  "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\xc2\xa0" },
	{ "a\33]0;t\7b\tc\r\nd\177", "a?]0;t?b\tc??d?", "a\\033]0;t\\007b\\011c\\015\\012d\\177" },
	/* C1 in UTF-8, and as the bytes that a terminal without UTF-8 obeys. */
	{ "a\xc2\x9b"
	  "31m\xc2\x9d",
	  "a??31m??", "a\\302\\23331m\\302\\235" },
	{ "a\x9b"
	  "31m\x9d",
	  "a?31m?", "a\\23331m\\235" },
	{ "\xe2\x82", "??", "\\342\\202" },
	{ "\xc2", "?", "\\302" },
};

static void only_text_comes_through(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf b = { 0 };
		char line[64];

		snprintf(line, sizeof(line), "%s", rows[i].in);
		harmless_line(line);
		CHECK_STR(line, rows[i].line);
		CHECK_INT(harmless_add(&b, rows[i].in, strlen(rows[i].in)), 0);
		CHECK_STR(b.data, rows[i].octal);
	}
}

/* A name in an archive ends without a NUL. */
static void it_ends_where_it_ends(void)
{
	static const char name[] = { 'a', '\xe2', '\x82' };
	_cleanup_buf_ struct buf b = { 0 };

	CHECK_INT(harmless_char(name + 1, 2), 0);
	CHECK_INT(harmless_add(&b, name, sizeof(name)), 0);
	CHECK_STR(b.data, "a\\342\\202");
}

static void json_has_no_control_character(void)
{
	static const char in[] = "gr\xc3\xbc\n\33[c\177\xc2\x9b\xc2\xa0";
	_cleanup_buf_ struct buf b = { 0 };
	json_object *o = json_object_new_object(), *v;

	json_object_object_add(o, "a", json_object_new_string(in));
	CHECK_INT(json_line(o, &b), 0);
	CHECK_STR(b.data, "{\"a\":\"gr\xc3\xbc\\n\\u001b[c\\u007f\\u009b\xc2\xa0\"}\n");
	o = json_tokener_parse(b.data);
	CHECK(json_object_object_get_ex(o, "a", &v));
	CHECK_STR(json_object_get_string(v), in);
	json_object_put(o);
}

int main(void)
{
	RUN(only_text_comes_through);
	RUN(it_ends_where_it_ends);
	RUN(json_has_no_control_character);
	TEST_END();
}
