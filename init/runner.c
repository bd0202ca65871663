/* SPDX-License-Identifier: MIT */
/* runner.c - run a table of steps; the only place that logs and reports them */
#include "init/runner.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "init/lib/log.h"
#include "init/lib/record.h"
#include "init/lib/str.h"
#include "init/lib/sys.h"

static void add_record(struct boot *b, enum record_kind kind, uint64_t start_us, uint64_t took_us,
		       const char *text)
{
	struct record rec = { .kind = kind, .start_us = start_us, .took_us = took_us };

	snprintf(rec.name, sizeof(rec.name), "%s", b->step);
	snprintf(rec.text, sizeof(rec.text), "%s", text);
	report_add(&b->report, &rec);
}

static void log_outcome(const struct boot *b, const char *outcome, uint64_t took_us)
{
	log_info("%s %s %" PRIu64 ".%03" PRIu64 " ms%s%s", b->step, outcome, took_us / 1000,
		 took_us % 1000, b->note[0] ? " " : "", b->note);
}

int runner_run(struct boot *b, const struct step *steps, size_t n, size_t *at)
{
	for (; *at < n; ++*at) {
		const struct step *s = &steps[*at];
		bool wanted = !s->wanted || s->wanted(b);
		uint64_t start, took = 0;
		int r = STEP_SKIPPED;

		b->step = s->name;
		b->note[0] = '\0';
		start = sys_now_us();
		if (wanted) {
			if (b->report.fd >= 0) /* a start that is reported late is useless */
				add_record(b, RECORD_BEGIN, start, 0, "");
			r = s->fn(b);
			took = sys_now_us() - start;
		} else if (s->flags & STEP_QUIET) {
			continue;
		}
		if (r < 0)
			b->note[0] = '\0'; /* the failure has a message of its own */
		log_outcome(b, r < 0 ? "failed" : r > 0 ? "skipped" : "ok", took);
		if (r < 0)
			return r;
		add_record(b, r > 0 ? RECORD_SKIP : RECORD_STEP, start, took, b->note);
	}
	return 0;
}

void runner_trace(const struct boot *b, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!b->config.param.trace)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_info("%s: %s", b->step, text);
}

void runner_warn(struct boot *b, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_warning("%s: %s", b->step, text);
	add_record(b, RECORD_WARN, sys_now_us(), 0, text);
}

void runner_pvpanic(struct boot *b, const char *driver)
{
	add_record(b, RECORD_PVPANIC, sys_now_us(), 0, driver);
}

void runner_leaving(struct boot *b, const char *program)
{
	uint64_t now = sys_now_us();

	log_info("%s %s, %" PRIu64 ".%03" PRIu64 " ms after the kernel's start", b->step, program,
		 now / 1000, now % 1000);
	add_record(b, RECORD_STAGE2, now, b->token, program);
	/* QEMU keeps what the host has not read, up to some hundred bytes. A stage 2 that powers
	 * off at once would be faster, and the run would end as a failure of stage 1. */
	report_drain(&b->report);
}
