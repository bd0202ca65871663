/* SPDX-License-Identifier: MIT */
/* registration.c - tests of reading registrations and of what two of them have in common */
#include "init/nix/registration.h"

#include <errno.h>

#include "tests/lib/test.h"

#define A "/nix/store/a\nsha256:0c\n10\n\n0\n"
#define B "/nix/store/b\n1f\n20\n/nix/store/b.drv\n2\n/nix/store/a\n/nix/store/b\n"
#define ZERO_A "/nix/store/a\nsha256:0000\n0\n\n0\n"

static size_t line; /* of the last failure */

static int parse(const char *text, struct registration *ret)
{
	registration_free(ret);
	return registration_parse(text, strlen(text), ret, &line);
}

static void records(void)
{
	_cleanup_registration_ struct registration r = { 0 };
	const struct registration_record *rec = NULL;

	CHECK_INT(parse(B A ZERO_A, &r), 0);
	CHECK_INT(r.n, 3);
	CHECK(registration_has(&r, "/nix/store/b", 12, &rec));
	CHECK_INT(rec->len, strlen(B));
	CHECK(!rec->zero);
	CHECK(!registration_has(&r, "/nix/store/", 11, NULL));
	CHECK(!registration_has(&r, "/nix/store/bb", 13, NULL));
	CHECK_INT(parse("", &r), 0);
	CHECK_INT(r.n, 0);
	CHECK(!registration_has(&r, "/nix/store/b", 12, NULL));
}

static void no_registrations(void)
{
	static const struct {
		const char *text;
		size_t line;
	} bad[] = {
		{ "x", 1 },
		{ "\n", 1 },
		{ "/a", 1 },
		{ "/a\n", 2 },
		{ "/a\n0\n0\n\n", 5 },
		{ "/a\n0\n0\n\n0", 5 },
		{ "/a\n0\n0\n\n\n", 5 },
		{ "/a\n0\n0\n\n1\n", 5 }, /* more than there are bytes */
		{ "/a\n0\n0\n\n-1\n", 5 },
		{ "/a\n0\n0\n\n99999999999999999999999\n", 5 },
		{ "a\n0\n0\n\n0\n", 1 },
		{ A "x\n", 6 },
		{ A "/b\n0\n0\n\n2\n/a\nb\n", 12 },
	};
	_cleanup_registration_ struct registration r = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK_INT(parse(bad[i].text, &r), -EBADMSG);
		CHECK_INT(line, bad[i].line);
	}
}

static void zero_hashes(void)
{
	static const struct {
		const char *hash;
		bool zero;
	} cases[] = {
		{ "0", true }, { "sha256:00", true }, { "sha256:", false },
		{ "", false }, { "01", false },	      { "sha256:0z", false },
	};
	_cleanup_registration_ struct registration r = { 0 };
	char text[64];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), "/a\n%s\n0\n\n0\n", cases[i].hash);
		CHECK_INT(parse(text, &r), 0);
		CHECK_INT(r.v[0].zero, cases[i].zero);
	}
}

static void differences(void)
{
	_cleanup_registration_ struct registration a = { 0 }, b = { 0 };
	_cleanup_buf_ struct buf out = { 0 };

	CHECK_INT(parse(A B, &a), 0);
	CHECK_INT(parse(ZERO_A, &b), 0);
	CHECK_INT(registration_minus(&a, &b, &out), 0);
	CHECK_STR(out.data, "/nix/store/b\n");
	out.len = 0;
	CHECK_INT(registration_to_load(&a, &b, &out), 0);
	CHECK_STR(out.data, A B);
	out.len = 0;
	CHECK_INT(registration_to_load(&b, &b, &out), 0); /* zero over zero */
	CHECK_STR(out.data, ZERO_A);
	out.len = 0;
	CHECK_INT(registration_to_load(&b, &a, &out), 0);
	CHECK_INT(out.len, 0);
}

int main(void)
{
	RUN(records);
	RUN(no_registrations);
	RUN(zero_hashes);
	RUN(differences);
	TEST_END();
}
