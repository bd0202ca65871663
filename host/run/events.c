/* SPDX-License-Identifier: MIT */
/* events.c - what happens in a run, as JSON lines for machines (storeboot(1), EVENTS) */
#include "host/run/events.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <time.h>
#include <unistd.h>

#include "host/exit.h"
#include "init/lib/file.h"
#include "init/lib/log.h"
#include "init/lib/sys.h"

int events_open(struct events *ev, const char *path, struct err *e)
{
	struct timespec now;

	if (str_eq(path, "-"))
		return err_exit(e, EXIT_USAGE, EINVAL,
				"run: --json -: standard output is the guest's console; name a file, or "
				"a descriptor as /dev/fd/3");
	ev->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0666);
	if (ev->fd < 0)
		return err_exit(e, EXIT_BAD_INPUT, errno, "--json %s: %s", path, strerror(errno));
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

/* The length of the UTF-8 sequence that s begins with, 0 where it is none (RFC 3629, section 4). */
static size_t sequence(const unsigned char *s)
{
	static const struct {
		unsigned char first, last, low, high, len;
	} forms[] = {
		{ 0x01, 0x7f, 0x00, 0xff, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (s[0] < forms[i].first || s[0] > forms[i].last)
			continue;
		if (forms[i].len > 1 && (s[1] < forms[i].low || s[1] > forms[i].high))
			return 0;
		for (size_t k = 2; k < forms[i].len; k++)
			if (s[k] < 0x80 || s[k] > 0xbf)
				return 0;
		return forms[i].len;
	}
	return 0;
}

int events_utf8(const char *text, struct buf *ret)
{
	int r = buf_add(ret, "", 0);

	while (r == 0 && *text) {
		size_t n = sequence((const unsigned char *)text);

		r = n > 0 ? buf_add(ret, text, n) : buf_add(ret, "\xef\xbf\xbd", 3);
		text += n > 0 ? n : 1;
	}
	return r;
}

static json_object *value_of(const struct event_field *f)
{
	_cleanup_buf_ struct buf text = { 0 };

	if (f->kind == EVENT_NUMBER)
		return json_object_new_int64(f->number);
	if (f->kind == EVENT_FLAG)
		return json_object_new_boolean(f->number != 0);
	return events_utf8(f->text, &text) < 0 ? NULL : json_object_new_string(text.data);
}

void events_write(struct events *ev, const char *event, const struct event_field *fields)
{
	static const int style = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
	_cleanup_buf_ struct buf line = { 0 };
	json_object *o;
	int r;

	if (ev->fd < 0)
		return;
	o = json_object_new_object();
	json_object_object_add(o, "event", json_object_new_string(event));
	json_object_object_add(o, "us", json_object_new_int64((int64_t)(sys_now_us() - ev->start_us)));
	for (; fields->name; fields++)
		json_object_object_add(o, fields->name, value_of(fields));
	r = buf_addf(&line, "%s\n", json_object_to_json_string_ext(o, style));
	json_object_put(o);
	if (r == 0)
		r = file_write_all(ev->fd, line.data, line.len);
	if (r == 0)
		return;
	log_warning("--json: %s; no more events are written", strerror(-r));
	events_close(ev);
}

void events_record(struct events *ev, const struct record *rec)
{
	events_add(ev, "record", EVENT_T("kind", record_kind_name(rec->kind)),
		   EVENT_T("step", rec->name), EVENT_N("errno", rec->num),
		   EVENT_N("guest_us", rec->start_us), EVENT_N("took_us", rec->took_us),
		   EVENT_T("text", rec->text));
}
