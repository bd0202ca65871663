/* SPDX-License-Identifier: MIT */
/* runner.h - run a table of steps; the only place that logs and reports them */
#ifndef STOREBOOT_RUNNER_H
#define STOREBOOT_RUNNER_H

#include <stddef.h>

#include "init/boot.h"
#include "init/lib/macro.h"

#define STEP_SKIPPED 1

/* A step. Returns 0, STEP_SKIPPED if there is nothing to do, or -errno with b->err filled. May put
 * a note for the log line into b->note. */
typedef int step_fn(struct boot *b);

struct step {
	const char *name;
	bool (*wanted)(const struct boot *b); /* NULL: always */
	step_fn *fn;
	unsigned int flags;
};

#define STEP_QUIET 1u /* no line and no record if not wanted */

/*
 * Runs the steps in order from *at. For each step adds a record of its start, measures its time,
 * logs one line and adds a record of its result. Returns 0; or, at the first failure, -errno with
 * b->err filled, b->step its name and *at its index. boot_fail() writes its RECORD_FAIL.
 */
_must_check_ int runner_run(struct boot *b, const struct step *steps, size_t n, size_t *at);

/* For steps: logs details if boot.trace is set. */
_printf_(2, 3) void runner_trace(const struct boot *b, const char *fmt, ...);

/* Logs and reports a problem that does not stop the boot. */
_printf_(2, 3) void runner_warn(struct boot *b, const char *fmt, ...);

/* Reports that this driver will notify QEMU of a panic. */
void runner_pvpanic(struct boot *b, const char *driver);

/* Logs and reports the execution of program, before a step that does not return. */
void runner_leaving(struct boot *b, const char *program);

#endif
