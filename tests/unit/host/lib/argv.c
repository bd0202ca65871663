/* SPDX-License-Identifier: MIT */
/* argv.c - tests of arguments that are built piece by piece */
#include "host/lib/argv.h"

#include <errno.h>

#include "tests/lib/test.h"

static void says(const struct argv *a, const char *want)
{
	_cleanup_buf_ struct buf text = { 0 };

	CHECK_INT(a->error, 0);
	for (size_t i = 0; i < a->words.n; i++)
		CHECK_INT(buf_addf(&text, "[%s]", a->words.v[i]), 0);
	CHECK_STR(text.data, want);
}

static void pieces_come_in_order(void)
{
	static const char *const list[] = { "100%", "", NULL };
	_cleanup_argv_ struct argv a = { 0 };

	argv_words(&a, "prog", "-x");
	argv_list(&a, NULL);
	argv_list(&a, list);
	argv_word(&a, "--fd=%d", 3);
	argv_add(&a, "-m", "%uM", 384u);
	argv_more(&a, ",slots=%d", 2);
	says(&a, "[prog][-x][100%][][--fd=3][-m][384M,slots=2]");
}

/* Only what is a value's own is doubled; a command is quoted for a shell first. */
static void commas_are_written_twice(void)
{
	_cleanup_argv_ struct argv a = { 0 };

	argv_add(&a, "-drive", "if=none,file=");
	argv_value(&a, ",a,,%s");
	argv_more(&a, ",id=x");
	argv_add(&a, "-netdev", "user,cmd:");
	argv_command(&a, (const char *const[]){ "/a b,c", "-x", NULL });
	argv_add(&a, "-y", "z");
	argv_value(&a, "");
	says(&a, "[-drive][if=none,file=,,a,,,,%s,id=x][-netdev][user,cmd:'/a b,,c' -x][-y][z]");
}

/* What proc_start takes: those of all parts, and behind them -1. */
static void descriptors(void)
{
	_cleanup_argv_ struct argv a = { 0 }, b = { 0 };

	CHECK(!a.fds);
	argv_word(&a, "%d", argv_fd(&a, 7));
	argv_word(&b, "%d", argv_fd(&b, 9));
	argv_fd(&b, 8);
	argv_join(&a, &b);
	says(&a, "[7][9]");
	CHECK_INT(a.n_fds, 3);
	CHECK(a.fds[0] == 7 && a.fds[1] == 9 && a.fds[2] == 8 && a.fds[3] == -1);
	argv_fail(&b, -EIO);
	argv_join(&a, &b);
	CHECK_INT(a.error, -EIO);
}

static void nothing_follows_an_error(void)
{
	_cleanup_argv_ struct argv a = { 0 };

	argv_fail(&a, -EIO);
	argv_add(&a, "-m", "%d", 1);
	argv_words(&a, "x");
	argv_more(&a, "y%s", "");
	argv_value(&a, "z,");
	argv_command(&a, (const char *const[]){ "x", NULL });
	argv_fail(&a, -ENOMEM);
	argv_fail(&a, 0);
	CHECK_INT(a.error, -EIO);
	CHECK_INT(a.words.n, 0);
}

int main(void)
{
	RUN(pieces_come_in_order);
	RUN(commas_are_written_twice);
	RUN(descriptors);
	RUN(nothing_follows_an_error);
	TEST_END();
}
