/* SPDX-License-Identifier: MIT */
/* environment.c - tests of what a program gets of the caller's environment */
#include "host/lib/environment.h"

#include <stdlib.h>

#include "tests/lib/test.h"

static bool has(const struct strv *env, const char *variable)
{
	for (size_t i = 0; i < env->n; i++)
		if (str_eq(env->v[i], variable))
			return true;
	return false;
}

static void set(void)
{
	clearenv();
	setenv("PATH", "/p", 1);
	setenv("PATHS", "secret", 1);
	setenv("LC_TIME", "C", 1);
	setenv("LC", "secret", 1);
	setenv("DISPLAY", ":0", 1);
	setenv("XDG_RUNTIME_DIR", "/run/u", 1);
	setenv("XDG_DATA_DIRS", "/d", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
	setenv("SSH_AUTH_SOCK", "/agent", 1);
	setenv("LD_PRELOAD", "x.so", 1);
}

static void what_programs_get(void)
{
	_cleanup_strv_ struct strv plain = { 0 }, window = { 0 };

	set();
	CHECK_INT(environment_of_programs(false, &plain), 0);
	CHECK_INT(plain.n, 3);
	CHECK(has(&plain, "PATH=/p"));
	CHECK(has(&plain, "LC_TIME=C"));
	CHECK(has(&plain, "XDG_RUNTIME_DIR=/run/u"));
	CHECK_INT(environment_of_programs(true, &window), 0);
	CHECK_INT(window.n, 5);
	CHECK(has(&window, "DISPLAY=:0"));
	CHECK(has(&window, "XDG_DATA_DIRS=/d"));
}

static void an_empty_one(void)
{
	_cleanup_strv_ struct strv env = { 0 };

	clearenv();
	CHECK_INT(environment_of_programs(true, &env), 0);
	CHECK_INT(env.n, 0);
}

int main(void)
{
	RUN(what_programs_get);
	RUN(an_empty_one);
	TEST_END();
}
