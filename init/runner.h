/* SPDX-License-Identifier: MIT */
/* runner.h - works through a table of steps; the only place that logs and reports them */
#ifndef STOREBOOT_RUNNER_H
#define STOREBOOT_RUNNER_H

#include <stddef.h>

#include "init/boot.h"
#include "init/lib/macro.h"

#define STEP_SKIPPED 1

/*
 * A step returns 0, STEP_SKIPPED where it found nothing to do, or -errno with b->err filled. It may
 * leave a note for its line in b->note.
 */
typedef int step_fn(struct boot *b);

struct step {
	const char *name;
	bool (*wanted)(const struct boot *b); /* NULL: always */
	step_fn *fn;
	unsigned int flags;
};

#define STEP_QUIET 1u /* no line and no record when it is not wanted */

/*
 * Runs the steps in order from *at up to the first failure, where *at then stands: reports that
 * each begins, times it, logs one line and adds one record of its end. Returns 0, or -errno with
 * b->err filled and b->step the failed one's name; its RECORD_FAIL is boot_fail()'s to write.
 */
_must_check_ int runner_run(struct boot *b, const struct step *steps, size_t n, size_t *at);

/* For steps. What a step does beside its outcome: logged when boot.trace asks for it. */
_printf_(2, 3) void runner_trace(const struct boot *b, const char *fmt, ...);

/* Something is not as asked, and the boot goes on: logged and reported. */
_printf_(2, 3) void runner_warn(struct boot *b, const char *fmt, ...);

/* The kernel tells QEMU of a panic from now on, by this driver. */
void runner_pvpanic(struct boot *b, const char *driver);

/* The last act before stage 2 is executed: the step will not return to be logged. */
void runner_leaving(struct boot *b, const char *program);

#endif
