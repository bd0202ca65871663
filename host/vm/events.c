/* SPDX-License-Identifier: MIT */
/* events.c - what happens in a run, as JSON lines for machines (storeboot(1), EVENTS) */
#include "host/vm/events.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/lib/json.h"
#include "host/lib/output.h"
#include "host/lib/utf8.h"
#include "init/lib/file.h"
#include "init/lib/log.h"
#include "init/lib/sys.h"

static bool are_events(int fd)
{
	return output_begins(fd, "{\"event\":");
}

int events_open(struct events *ev, const char *path, struct err *e)
{
	struct timespec now;
	struct stat st;
	int r;

	if (str_eq(path, "-"))
		return err_exit(
			e, EXIT_USAGE, EINVAL,
			"run: --json -: standard output is the guest's console; name a file, or "
			"a descriptor as /dev/fd/3");
	/* A run's signals are blocked, so nothing could end a wait for a FIFO's reader: neither
	 * open nor write waits for it. A terminal that is full for a moment is waited for, as with
	 * the console. */
	r = place_open_path(path, O_WRONLY | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0600);
	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "--json %s: %s", path, output_why(path, -r));
	ev->fd = r;
	if (fstat(ev->fd, &st) == 0 && !S_ISFIFO(st.st_mode) && fcntl(ev->fd, F_SETFL, 0) < 0)
		log_trace("--json: %s", strerror(errno));
	r = output_take_over(ev->fd, are_events);
	if (r < 0) {
		events_close(ev);
		return err_exit(e, r == -EBUSY ? EXIT_IN_USE : EXIT_BAD_INPUT, r, "--json %s: %s",
				path, output_why(path, -r));
	}
	ev->start_us = sys_now_us();
	clock_gettime(CLOCK_REALTIME, &now);
	events_add(ev, "start", EVENT_T("version", STOREBOOT_VERSION),
		   EVENT_N("unix_us", now.tv_sec * 1000000 + now.tv_nsec / 1000),
		   EVENT_N("pid", getpid()));
	return 0;
}

void events_close(struct events *ev)
{
	cleanup_close(&ev->fd);
	ev->fd = -1;
}

static json_object *value_of(const struct event_field *f)
{
	_cleanup_buf_ struct buf text = { 0 };

	if (f->kind == EVENT_NUMBER)
		return json_object_new_int64(f->number);
	if (f->kind == EVENT_FLAG)
		return json_object_new_boolean(f->number != 0);
	return utf8_repair(f->text, &text) < 0 ? NULL : json_object_new_string(text.data);
}

static void write_line(struct events *ev, const struct buf *line)
{
	int r = file_write_all(ev->fd, line->data, line->len);

	ev->written += line->len;
	if (r == 0)
		return;
	log_warning("--json: %s; no more events are written",
		    r == -EAGAIN ? "its reader has stopped to read" : strerror(-r));
	events_close(ev);
}

/* Events that no run has many of, and without which it has no end. */
static bool is_last(const char *event)
{
	static const char *const names[] = { "limit", "command-ended", "timeout", "qemu-ended",
					     "verdict" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(names[i], event))
			return true;
	return false;
}

/* Whether the limit leaves the event out. */
static bool is_over(struct events *ev, const char *event, size_t len)
{
	if (is_last(event) || (ev->left_out == 0 && ev->written + len <= EVENTS_MAX))
		return false;
	if (ev->left_out++ > 0)
		return true;
	log_warning("--json: the limit of %llu KiB is reached; only the run's end will be written",
		    (unsigned long long)EVENTS_MAX >> 10);
	events_add(ev, "limit", EVENT_N("bytes", EVENTS_MAX));
	return true;
}

void events_write(struct events *ev, const char *event, const struct event_field *fields)
{
	_cleanup_buf_ struct buf line = { 0 };
	json_object *o;
	int r;

	if (ev->fd < 0)
		return;
	o = json_object_new_object();
	json_object_object_add(o, "event", json_object_new_string(event));
	json_object_object_add(o, "us",
			       json_object_new_int64((int64_t)(sys_now_us() - ev->start_us)));
	for (; fields->name; fields++)
		json_object_object_add(o, fields->name, value_of(fields));
	r = json_line(o, &line);
	if (r == 0 && !is_over(ev, event, line.len))
		write_line(ev, &line);
}

void events_record(struct events *ev, const struct record *rec)
{
	events_add(ev, "record", EVENT_T("kind", record_kind_name(rec->kind)),
		   EVENT_T("step", rec->name), EVENT_N("errno", rec->num),
		   EVENT_N("guest_us", rec->start_us), EVENT_N("took_us", rec->took_us),
		   EVENT_T("text", rec->text));
}
