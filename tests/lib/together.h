/* SPDX-License-Identifier: MIT */
/* together.h - unit tests that mostly wait, run side by side */
#ifndef STOREBOOT_TEST_TOGETHER_H
#define STOREBOOT_TEST_TOGETHER_H

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/test.h"

#define TOGETHER_MAX 16

struct together {
	const char *name;
	void (*fn)(void);
};
#define TOGETHER(fn_) \
	{ \
		.name = #fn_, .fn = fn_ \
	}

static inline void together_copy(FILE *from)
{
	char text[4096];
	size_t n;

	rewind(from);
	while ((n = fread(text, 1, sizeof(text), from)) > 0)
		fwrite(text, 1, n, stdout);
	fclose(from);
}

/*
 * Runs the n tests (at most TOGETHER_MAX), each in a process of its own, and prints their output
 * and TAP lines in the table's order. around: runs one test in its process, with what must not be
 * shared.
 */
static inline void run_together(const struct together *tests, size_t n,
				void (*around)(void (*fn)(void)))
{
	FILE *outputs[TOGETHER_MAX];
	pid_t pids[TOGETHER_MAX];

	fflush(stdout);
	for (size_t i = 0; i < n; i++) {
		outputs[i] = tmpfile();
		pids[i] = outputs[i] ? fork() : -1;
		if (pids[i] != 0)
			continue;
		test_ok = dup2(fileno(outputs[i]), STDOUT_FILENO) >= 0;
		around(tests[i].fn);
		exit(!test_ok);
	}
	for (size_t i = 0; i < n; i++) {
		int status = -1;

		test_ok = waitpid(pids[i], &status, 0) == pids[i] && status == 0;
		if (outputs[i])
			together_copy(outputs[i]);
		printf("%sok %d - %s\n", test_ok ? "" : "not ", ++test_count, tests[i].name);
		test_failures += !test_ok;
	}
	fflush(stdout);
}

#endif
