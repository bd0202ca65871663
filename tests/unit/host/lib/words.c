/* SPDX-License-Identifier: MIT */
/* words.c - tests of splitting and quoting words */
#include "host/lib/words.h"

#include <errno.h>

#include "tests/lib/test.h"

/* Joins the words as "[a][b]", so that one string shows them all. */
static const char *split(const char *s)
{
	static char shown[512];
	_cleanup_strv_ struct strv v = { 0 };
	size_t n = 0;

	if (words_split(s, &v) < 0)
		return "error";
	shown[0] = '\0';
	for (size_t i = 0; i < v.n; i++)
		n += (size_t)snprintf(shown + n, sizeof(shown) - n, "[%s]", v.v[i]);
	return shown;
}

static void splits_at_white_space(void)
{
	CHECK_STR(split(""), "");
	CHECK_STR(split(" \t\n "), "");
	CHECK_STR(split("-m 512  -smp\t2\n"), "[-m][512][-smp][2]");
}

static void quotes_join(void)
{
	CHECK_STR(split("'a b' \"c d\" e\\ f"), "[a b][c d][e f]");
	CHECK_STR(split("x'y z'\"1 2\"w"), "[xy z1 2w]");
	CHECK_STR(split("'' \"\""), "[][]");
}

static void backslash_depends_on_the_quotes(void)
{
	CHECK_STR(split("'a\\b'"), "[a\\b]");
	CHECK_STR(split("\"a\\b \\\" \\\\ \\$\""), "[a\\b \" \\ $]");
	CHECK_STR(split("a\\\nb"), "[ab]");
	CHECK_STR(split("\"a\\\nb\""), "[ab]");
}

static void nothing_is_expanded(void)
{
	CHECK_STR(split("$HOME `id` *; ~ #x"), "[$HOME][`id`][*;][~][#x]");
}

static void open_quotes_are_errors(void)
{
	_cleanup_strv_ struct strv v = { 0 };

	CHECK_INT(words_split("a 'b", &v), -EINVAL);
	CHECK_INT(words_split("\"b", &v), -EINVAL);
	CHECK_INT(words_split("b\\", &v), -EINVAL);
	CHECK_INT(v.n, 1);
}

static void quoted_words_come_back(void)
{
	static const char *const words[] = { "plain-1,x=/y", "",	  "a b", "it's",
					     "\"$x\"",	     "new\nline", "-",	 "#c",
					     "\\",	     "\xff\xfe",  NULL };
	_cleanup_buf_ struct buf b = { 0 };
	_cleanup_strv_ struct strv v = { 0 };

	CHECK_INT(words_quote_all(words, &b), 0);
	CHECK(strncmp(b.data, "plain-1,x=/y '' 'a b' 'it'\\''s' ", 32) == 0);
	CHECK_INT(words_split(b.data, &v), 0);
	CHECK_INT(v.n, ARRAY_SIZE(words) - 1);
	for (size_t i = 0; i < v.n && words[i]; i++)
		CHECK_STR(v.v[i], words[i]);
}

/* printf writes what a terminal or a clipboard would change; letters beyond ASCII are none of that.
 */
static void to_paste(void)
{
	static const char *const words[] = { "plain",	    "=x",	 "it's",
					     "caf\xc3\xa9", "new\nline", "a\033[m\tb\x7f",
					     "\xff",	    "\xc2\x85",	 "\xe2\x82",
					     NULL };
	_cleanup_buf_ struct buf b = { 0 };

	CHECK_INT(words_to_paste(words, &b), 0);
	CHECK_STR(b.data,
		  "plain '=x' 'it'\\''s' 'caf\xc3\xa9' 'new\nline' "
		  "'a'\"$(printf '\\033')\"'[m'\"$(printf '\\011')\"'b'\"$(printf '\\177')\"'' "
		  "''\"$(printf '\\377')\"'' ''\"$(printf '\\302')\"''\"$(printf '\\205')\"'' "
		  "''\"$(printf '\\342')\"''\"$(printf '\\202')\"''");
}

int main(void)
{
	RUN(splits_at_white_space);
	RUN(quotes_join);
	RUN(backslash_depends_on_the_quotes);
	RUN(nothing_is_expanded);
	RUN(open_quotes_are_errors);
	RUN(quoted_words_come_back);
	RUN(to_paste);
	TEST_END();
}
