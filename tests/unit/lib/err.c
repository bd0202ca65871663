/* SPDX-License-Identifier: MIT */
/* err.c - tests of filling an error */
#include "init/lib/err.h"

#include <errno.h>

#include "tests/lib/test.h"

static struct err e;

static void the_number_may_have_either_sign(void)
{
	e.exit_status = 66;
	CHECK_INT(err_set(&e, ENOENT, "no %s", "disk"), -ENOENT);
	CHECK_INT(e.num, ENOENT);
	CHECK_INT(e.exit_status, 0);
	CHECK_STR(e.text, "no disk");
	CHECK_INT(err_set(&e, -ENOENT, "x"), -ENOENT);
	CHECK_INT(e.num, ENOENT);
}

static void the_systems_words_are_appended(void)
{
	char want[128];

	snprintf(want, sizeof(want), "cannot open a%%b: %s", strerror(EACCES));
	CHECK_INT(err_sys(&e, -EACCES, "cannot open %s", "a%b"), -EACCES);
	CHECK_STR(e.text, want);
}

static void the_exit_status_is_kept(void)
{
	CHECK_INT(err_exit(&e, 67, EBUSY, "in use by pid %d", 7), -EBUSY);
	CHECK_INT(e.exit_status, 67);
	CHECK_INT(e.num, EBUSY);
	CHECK_STR(e.text, "in use by pid 7");
}

static void a_long_text_is_cut(void)
{
	char longest[3000];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	CHECK_INT(err_sys(&e, EIO, "%s", longest), -EIO);
	CHECK_INT(strlen(e.text), sizeof(e.text) - 1);
	longest[sizeof(e.text) - 6] = '\0';
	CHECK_INT(err_sys(&e, EIO, "%s", longest), -EIO);
	CHECK_INT(strlen(e.text), sizeof(e.text) - 1);
	CHECK(strncmp(e.text + sizeof(e.text) - 6, ": ", 2) == 0);
}

static void its_own_text_may_be_an_argument(void)
{
	err_set(&e, EIO, "read failed");
	CHECK_INT(err_set(&e, EIO, "/dev/vda: %s (%s)", e.text, e.text), -EIO);
	CHECK_STR(e.text, "/dev/vda: read failed (read failed)");
}

int main(void)
{
	RUN(the_number_may_have_either_sign);
	RUN(the_systems_words_are_appended);
	RUN(the_exit_status_is_kept);
	RUN(a_long_text_is_cut);
	RUN(its_own_text_may_be_an_argument);
	TEST_END();
}
