/* SPDX-License-Identifier: MIT */
/* events.c - tests of the event stream */
#include "host/vm/events.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "init/lib/file.h"
#include "tests/lib/test.h"

static char path[] = "/tmp/storeboot-events.XXXXXX";

static void every_line_is_json(void)
{
	struct events ev = EVENTS_INIT;
	struct record rec = { .kind = RECORD_FAIL,
			      .num = 5,
			      .start_us = 7,
			      .name = "disk",
			      .text = "a \"name\"\n\xff\xc3\xa9/" };
	_cleanup_buf_ struct buf b = { 0 };
	json_object *o[3] = { NULL }, *v;
	struct err e;
	char *p;

	CHECK_INT(events_open(&ev, path, &e), 0);
	events_record(&ev, &rec);
	events_add(&ev, "end", EVENT_F("yes", true), EVENT_N("big", INT64_MAX));
	events_close(&ev);
	events_add(&ev, "never", EVENT_N("x", 1)); /* closed: nothing happens */
	CHECK_INT(file_read(AT_FDCWD, path, 65536, &b), 0);
	p = b.data;
	for (size_t i = 0; i < 3; i++) {
		char *end = strchr(p, '\n');

		if (!end) {
			CHECK(end);
			return;
		}
		*end = '\0';
		o[i] = json_tokener_parse(p);
		CHECK(json_object_is_type(o[i], json_type_object));
		p = end + 1;
	}
	CHECK_STR(p, "");
	CHECK(json_object_object_get_ex(o[0], "unix_us", &v));
	CHECK(json_object_object_get_ex(o[1], "text", &v));
	CHECK_STR(json_object_get_string(v), "a \"name\"\n\xef\xbf\xbd\xc3\xa9/");
	CHECK(json_object_object_get_ex(o[1], "kind", &v));
	CHECK_STR(json_object_get_string(v), "fail");
	CHECK(json_object_object_get_ex(o[2], "big", &v) && json_object_get_int64(v) == INT64_MAX);
	for (size_t i = 0; i < 3; i++)
		json_object_put(o[i]);
}

static void files_that_cannot_be(void)
{
	struct events ev = EVENTS_INIT;
	struct err e = { 0 };

	CHECK_INT(events_open(&ev, "/nonexistent/x", &e), -ENOENT);
	CHECK_HAS(e.text, "--json /nonexistent/x: ");
	CHECK_INT(events_open(&ev, "-", &e), -EINVAL);
	CHECK_INT(e.exit_status, EXIT_USAGE);
	CHECK_INT(events_open(&ev, "/dev/full", &e), 0);
	CHECK_INT(ev.fd, -1); /* told of, and left alone */
}

/* A guest that sends records without end. */
static void the_limit_leaves_the_end(void)
{
	static const struct record rec = { .kind = RECORD_WARN, .name = "x", .text = "again" };
	struct events ev = EVENTS_INIT;
	_cleanup_buf_ struct buf b = { 0 };
	char what[256] = "", *line, *save = NULL;
	struct err e;

	CHECK_INT(events_open(&ev, path, &e), 0);
	for (int i = 0; i < 100000; i++)
		events_record(&ev, &rec);
	events_add(&ev, "agent", EVENT_T("place", "stage2"));
	events_add(&ev, "qemu-ended", EVENT_N("status", 0));
	events_add(&ev, "verdict", EVENT_N("exit", 0), EVENT_N("left_out", ev.left_out));
	events_close(&ev);
	CHECK_INT(file_read(AT_FDCWD, path, 2 * EVENTS_MAX, &b), 0);
	CHECK(b.len > EVENTS_MAX - 1024 && b.len < EVENTS_MAX + 1024);
	for (line = strtok_r(b.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		json_object *o = json_tokener_parse(line), *v;

		CHECK(o && json_object_object_get_ex(o, "event", &v));
		if (!str_eq(json_object_get_string(v), "record"))
			snprintf(what + strlen(what), sizeof(what) - strlen(what), "%s ",
				 json_object_get_string(v));
		if (json_object_object_get_ex(o, "left_out", &v))
			CHECK(json_object_get_int64(v) > 80000);
		json_object_put(o);
	}
	CHECK_STR(what, "start limit qemu-ended verdict ");
}

/* The alarm of main ends a wait that would have no end. */
static void a_pipe(void)
{
	struct events ev = EVENTS_INIT;
	struct err e = { 0 };
	char data[65536], name[32];
	int ends[2], reader;
	unsigned int n;

	CHECK_INT(mkfifo(path, 0600), 0);
	CHECK_INT(events_open(&ev, path, &e), -ENXIO);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_HAS(e.text, "nobody reads from this FIFO; start its reader first");
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CHECK_INT(events_open(&ev, path, &e), 0);
	CHECK(read(reader, data, sizeof(data)) > 0);
	for (n = 0; n < 100000 && ev.fd >= 0; n++)
		events_add(&ev, "x", EVENT_N("n", n));
	CHECK(n > 100);
	CHECK_INT(ev.fd, -1); /* it does not read: told of, and left alone */
	close(reader);
	unlink(path);
	/* One of a shell's. */
	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
	CHECK_INT(events_open(&ev, name, &e), 0);
	CHECK(read(ends[0], data, sizeof(data)) > 0);
	CHECK(!(fcntl(ends[1], F_GETFL) & O_NONBLOCK)); /* the caller's own stays as it was */
	events_close(&ev);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	RUN(every_line_is_json);
	RUN(the_limit_leaves_the_end);
	unlink(path);
	RUN(files_that_cannot_be);
	alarm(30);
	RUN(a_pipe);
	TEST_END();
}
