/* SPDX-License-Identifier: MIT */
/* test.h - unit tests: checks that count, TAP on stdout */
#ifndef STOREBOOT_TEST_H
#define STOREBOOT_TEST_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int test_count, test_failures;
static bool test_ok;

#define CHECK(cond) \
	do { \
		if (!(cond)) { \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond); \
			test_ok = false; \
		} \
	} while (0)

#define CHECK_INT(got, want) \
	do { \
		long long got_ = (long long)(got), want_ = (long long)(want); \
		if (got_ != want_) { \
			printf("# %s:%d: %s is %lld, want %lld\n", __FILE__, __LINE__, #got, got_, \
			       want_); \
			test_ok = false; \
		} \
	} while (0)

#define CHECK_STR(got, want) \
	do { \
		const char *got_ = (got), *want_ = (want); \
		if (!got_ || strcmp(got_, want_) != 0) { \
			printf("# %s:%d: %s is \"%s\", want \"%s\"\n", __FILE__, __LINE__, #got, \
			       got_ ? got_ : "(null)", want_); \
			test_ok = false; \
		} \
	} while (0)

#define CHECK_HAS(got, part) \
	do { \
		const char *got_ = (got), *part_ = (part); \
		if (!got_ || !strstr(got_, part_)) { \
			printf("# %s:%d: %s is \"%s\", lacks \"%s\"\n", __FILE__, __LINE__, #got, \
			       got_ ? got_ : "(null)", part_); \
			test_ok = false; \
		} \
	} while (0)

/* Runs one test function and prints its TAP line. */
#define RUN(fn) \
	do { \
		test_ok = true; \
		fn(); \
		printf("%sok %d - %s\n", test_ok ? "" : "not ", ++test_count, #fn); \
		test_failures += !test_ok; \
		fflush(stdout); \
	} while (0)

#define SKIP(name, reason) \
	do { \
		printf("ok %d - %s # SKIP %s\n", ++test_count, name, reason); \
	} while (0)

#define TEST_END() \
	do { \
		printf("1..%d\n", test_count); \
		return test_failures > 0; \
	} while (0)

#endif
