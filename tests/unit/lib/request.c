/* SPDX-License-Identifier: MIT */
/* request.c - tests of what FRAME_OPEN carries */
#include "init/lib/request.h"

#include <errno.h>

#include "init/lib/frame.h"
#include "tests/lib/test.h"

static void there_and_back(void)
{
	_cleanup_(request_free) struct request r = { .tty = true, .rows = 50, .columns = 200 },
					       got = { 0 };
	_cleanup_buf_ struct buf b = { 0 };

	CHECK_INT(strv_add_all(&r.argv, (const char *const[]){ "printf", "", "a\nb \xff", NULL }),
		  0);
	CHECK_INT(strv_add(&r.env, "A=b=c"), 0);
	CHECK_INT(strv_add(&r.env, "EMPTY="), 0);
	r.folder = strdup("/nix");
	CHECK_INT(request_format(&r, &b), 0);
	CHECK_INT(request_parse(b.data, b.len, &got), 0);
	CHECK_INT(got.argv.n, 3);
	CHECK_STR(got.argv.v[0], "printf");
	CHECK_STR(got.argv.v[1], "");
	CHECK_STR(got.argv.v[2], "a\nb \xff");
	CHECK_INT(got.env.n, 2);
	CHECK_STR(got.env.v[0], "A=b=c");
	CHECK_STR(got.env.v[1], "EMPTY=");
	CHECK_STR(got.folder, "/nix");
	CHECK(got.tty && got.rows == 50 && got.columns == 200 && !got.shell);
}

static void a_shell(void)
{
	_cleanup_(request_free) struct request r = { .shell = true }, got = { 0 };
	_cleanup_buf_ struct buf b = { 0 };

	CHECK_INT(request_format(&r, &b), 0);
	CHECK_INT(request_parse(b.data, b.len, &got), 0);
	CHECK(got.shell && !got.tty && got.argv.n == 0 && !got.folder);
}

static void a_port(void)
{
	_cleanup_(request_free) struct request r = { .port = 65535 }, got = { 0 };
	_cleanup_buf_ struct buf b = { 0 };

	CHECK_INT(request_format(&r, &b), 0);
	CHECK_INT(request_parse(b.data, b.len, &got), 0);
	CHECK(got.port == 65535 && got.argv.n == 0 && !got.shell);
}

static void too_long(void)
{
	_cleanup_(request_free) struct request r = { 0 };
	_cleanup_free_ char *word = malloc(FRAME_PAYLOAD_MAX + 1);
	_cleanup_buf_ struct buf b = { 0 };

	memset(word, 'x', FRAME_PAYLOAD_MAX);
	word[FRAME_PAYLOAD_MAX] = '\0';
	CHECK_INT(strv_add(&r.argv, word), 0);
	CHECK_INT(request_format(&r, &b), -EMSGSIZE);
}

static void what_is_none(void)
{
	static const struct {
		const char *data;
		size_t len;
	} rows[] = {
		{ "", 0 },	      /* no command */
		{ "atrue", 5 },	      /* without an end */
		{ "atrue\0\0", 7 },   /* no letter */
		{ "atrue\0s", 8 },    /* a program and a shell */
		{ "sx", 3 },	      /* a shell that is named */
		{ "atrue\0eA", 9 },   /* no value */
		{ "atrue\0e=b", 10 }, /* no name */
		{ "atrue\0t50", 10 }, /* no columns */
		{ "atrue\0t50 99999", 16 },
		{ "atrue\0t50 80 1", 15 },
		{ "atrue\0c22", 10 }, /* a program and a port */
		{ "c0", 3 },
		{ "c65536", 7 },
		{ "c-1", 4 },
		{ "c", 2 },
		{ "c22x", 5 },
		{ "atrue\0zz", 9 }, /* of a newer host */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(request_free) struct request got = { 0 };

		CHECK_INT(request_parse(rows[i].data, rows[i].len, &got), -EBADMSG);
	}
}

int main(void)
{
	RUN(there_and_back);
	RUN(a_shell);
	RUN(a_port);
	RUN(too_long);
	RUN(what_is_none);
	TEST_END();
}
