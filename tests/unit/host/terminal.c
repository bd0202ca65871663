/* SPDX-License-Identifier: MIT */
/* terminal.c - tests of the escape key */
#include "host/remote/terminal.h"

#include <string.h>

#include "tests/lib/test.h"

static void the_escape_key(void)
{
	static const struct {
		const char *typed, *sent;
		bool quit;
	} rows[] = {
		{ "plain \r\t\x03", "plain \r\t\x03", false }, { "a\x01xb", "ab", true },
		{ "\x01\x01", "\x01", false },		       { "\x01" "a", "\x01", false },
		{ "1\x01q2", "12", false },		       { "x", "x", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct terminal t = { 0 };
		char keys[32];
		size_t n = strlen(rows[i].typed);

		memcpy(keys, rows[i].typed, n);
		n = terminal_keys(&t, keys, n);
		keys[n] = '\0';
		CHECK_STR(keys, rows[i].sent);
		CHECK_INT(t.quit, rows[i].quit);
	}
}

static void in_two_reads(void)
{
	struct terminal t = { 0 };
	char escape[] = "\x01", x[] = "x";

	CHECK_INT(terminal_keys(&t, escape, 1), 0);
	CHECK(!t.quit);
	CHECK_INT(terminal_keys(&t, x, 1), 0);
	CHECK(t.quit);
}

int main(void)
{
	RUN(the_escape_key);
	RUN(in_two_reads);
	TEST_END();
}
