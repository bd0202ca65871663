/* SPDX-License-Identifier: MIT */
/* runner.c - tests of the step runner, its log lines and its records */
#include "init/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "init/lib/file.h"
#include "init/lib/log.h"
#include "tests/lib/test.h"

static char ran[64];
static struct boot b;
static char log_path[] = "/tmp/storeboot-runner-log.XXXXXX";
static char report_path[] = "/tmp/storeboot-runner-rec.XXXXXX";

static int one(struct boot *boot)
{
	strcat(ran, "1");
	snprintf(boot->note, sizeof(boot->note), "did\tit");
	return 0;
}

static int two(struct boot *boot)
{
	strcat(ran, "2");
	runner_trace(boot, "detail");
	runner_warn(boot, "not as %s", "asked");
	return STEP_SKIPPED;
}

static int three(struct boot *boot)
{
	strcat(ran, "3");
	snprintf(boot->note, sizeof(boot->note), "half way");
	return err_set(&boot->err, EIO, "three broke");
}

static bool no(const struct boot *boot)
{
	return !boot;
}

static const struct step table[] = {
	{ "one", NULL, one, 0 }, { "unwanted", no, three, 0 }, { "quiet", no, three, STEP_QUIET },
	{ "two", NULL, two, 0 }, { "three", NULL, three, 0 },  { "four", NULL, one, 0 },
};

/* Runs the table's first n steps; gives back what was logged, and what was reported. */
static int run(size_t n, bool trace, struct buf *ret_log, struct buf *ret_report)
{
	int log = mkstemp(log_path), rec = mkstemp(report_path), r;
	struct err e;

	close(rec);
	ran[0] = '\0';
	b = (struct boot){ .report = { .fd = -1 } };
	b.config.param.trace = trace ? "1" : NULL;
	log_open(log, false, "storeboot", LOG_TRACE);
	r = runner_run(&b, table, n, &(size_t){ 0 });
	CHECK_INT(report_open(&b.report, report_path, &e), 0);
	CHECK_INT(file_read(AT_FDCWD, log_path, 65536, ret_log), 0);
	CHECK_INT(file_read(AT_FDCWD, report_path, 65536, ret_report), 0);
	report_off(&b.report);
	close(log);
	unlink(log_path);
	unlink(report_path);
	memcpy(log_path + sizeof(log_path) - 7, "XXXXXX", 6);
	memcpy(report_path + sizeof(report_path) - 7, "XXXXXX", 6);
	return r;
}

static void stops_at_the_first_failure(void)
{
	_cleanup_buf_ struct buf log = { 0 }, rec = { 0 };

	CHECK_INT(run(ARRAY_SIZE(table), false, &log, &rec), -EIO);
	CHECK_STR(ran, "123");
	CHECK_STR(b.step, "three");
	CHECK_STR(b.err.text, "three broke");
	CHECK_HAS(log.data, "storeboot: one ok 0.");
	CHECK_HAS(log.data, " ms did\tit\n");
	CHECK_HAS(log.data, "storeboot: unwanted skipped 0.000 ms\n");
	CHECK_HAS(log.data, "storeboot: two skipped 0.");
	CHECK_HAS(log.data, "storeboot: three failed 0.");
	CHECK(!strstr(log.data, "quiet"));
	CHECK(!strstr(log.data, "half way"));
	CHECK(!strstr(log.data, "detail"));
}

static void records_parse_back(void)
{
	static const struct {
		enum record_kind kind;
		const char *name, *text;
	} want[] = {
		{ RECORD_STEP, "one", "did\tit" },
		{ RECORD_SKIP, "unwanted", "" },
		{ RECORD_WARN, "two", "not as asked" },
		{ RECORD_SKIP, "two", "" },
	};
	_cleanup_buf_ struct buf log = { 0 }, rec = { 0 };
	char *p;

	CHECK_INT(run(4, true, &log, &rec), 0);
	CHECK_HAS(log.data, "storeboot: two: detail\n");
	CHECK_HAS(log.data, "storeboot: two: not as asked\n");
	p = rec.data;
	for (size_t i = 0; i < ARRAY_SIZE(want) && p; i++) {
		char *end = strchr(p, '\n');
		struct record r = { 0 };

		CHECK(end && record_parse(p, (size_t)(end - p), &r) == 0);
		CHECK_INT(r.kind, want[i].kind);
		CHECK_STR(r.name, want[i].name);
		CHECK_STR(r.text, want[i].text);
		p = end ? end + 1 : NULL;
	}
	CHECK(p && *p == '\0');
}

static int opens_the_report(struct boot *boot)
{
	return report_open(&boot->report, report_path, &boot->err);
}

/* From the open channel on, the host knows what a step that never ends is called. */
static void beginnings_are_told_at_once(void)
{
	static const struct step steps[] = {
		{ "one", NULL, one, 0 },
		{ "report", NULL, opens_the_report, 0 },
		{ "unwanted", no, one, 0 },
		{ "three", NULL, three, 0 },
	};
	_cleanup_buf_ struct buf rec = { 0 };
	int fd = mkstemp(report_path);

	close(fd);
	b = (struct boot){ .report = { .fd = -1 } };
	CHECK_INT(runner_run(&b, steps, ARRAY_SIZE(steps), &(size_t){ 0 }), -EIO);
	report_off(&b.report);
	CHECK_INT(file_read(AT_FDCWD, report_path, 65536, &rec), 0);
	CHECK(!strstr(rec.data, "begin\tone"));
	CHECK(!strstr(rec.data, "begin\treport"));
	CHECK(!strstr(rec.data, "begin\tunwanted"));
	CHECK_HAS(rec.data, "\nsb1\tbegin\tthree\t0\t");
	unlink(report_path);
	memcpy(report_path + sizeof(report_path) - 7, "XXXXXX", 6);
}

static void reports_stay_off(void)
{
	struct report r = { .fd = -1 };
	struct record rec = { .name = "x" };
	struct err e;

	CHECK_INT(report_open(&r, "/nonexistent/tty", &e), -ENOENT);
	CHECK_HAS(e.text, "/nonexistent/tty");
	report_add(&r, &rec);
	CHECK(r.waiting.len > 0);
	report_off(&r);
	report_add(&r, &rec);
	CHECK_INT(r.waiting.len, 0);
}

static void a_full_device_does_not_stop_the_boot(void)
{
	struct report r = { .fd = -1 };
	struct record rec = { .name = "x" };
	struct err e;

	CHECK_INT(report_open(&r, "/dev/full", &e), 0);
	report_add(&r, &rec);
	CHECK(r.off);
	CHECK_INT(r.fd, -1);
}

int main(void)
{
	RUN(stops_at_the_first_failure);
	RUN(records_parse_back);
	RUN(beginnings_are_told_at_once);
	RUN(reports_stay_off);
	RUN(a_full_device_does_not_stop_the_boot);
	TEST_END();
}
