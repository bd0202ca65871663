/* SPDX-License-Identifier: MIT */
/*
 * report.c - fuzz target: the guest's records, whole or in pieces, become a table, a drawing that
 * is well-formed XML and events that are JSON, each record in one line
 */
#include "host/vm/report.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/lib/utf8.h"
#include "host/vm/events.h"
#include "host/vm/timeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct timeline timeline;
static struct events events = EVENTS_INIT;
static uint64_t clock_us;

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void take(const struct record *rec, void *arg)
{
	*(size_t *)arg += 1;
	clock_us += 1000;
	timeline_record(&timeline, rec, clock_us);
	events_record(&events, rec);
}

static void same_in_pieces(const struct report *whole, const uint8_t *data, size_t size)
{
	struct report r = { 0 };
	const size_t piece = size ? data[0] % 9 + 1 : 1;

	for (size_t at = 0; at < size; at += piece)
		report_feed(&r, (const char *)data + at, size - at < piece ? size - at : piece,
			    NULL, NULL);
	require(r.records == whole->records && r.failed == whole->failed &&
		r.stage2 == whole->stage2 && str_eq(r.now_step, whole->now_step) &&
		str_eq(r.last_step, whole->last_step));
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void check_events(size_t records)
{
	_cleanup_buf_ struct buf text = { 0 };
	char bytes[4096], *save = NULL;
	size_t lines = 0;
	ssize_t n;

	for (off_t at = 0; (n = pread(events.fd, bytes, sizeof(bytes), at)) > 0; at += n)
		require(buf_add(&text, bytes, (size_t)n) == 0);
	require(buf_add(&text, "", 0) == 0 && strlen(text.data) == text.len && utf8_is(text.data));
	for (char *l = strtok_r(text.data, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		json_object *o = json_tokener_parse(l), *v;

		require(json_object_is_type(o, json_type_object) &&
			json_object_object_get_ex(o, "event", &v) &&
			str_eq(json_object_get_string(v), "record"));
		json_object_put(o);
		lines++;
	}
	require(lines == records);
}

/* --- XML: what SVG needs of it -------------------------------------------------------------------
 */

/* Is it "&#N;" with a character that XML has, or a printable character? Returns its length. */
static size_t text_length(const char *p)
{
	char *end;

	if (*p != '&')
		return (unsigned char)*p >= ' ' ? utf8_sequence(p, strlen(p)) : *p == '\n';
	if (p[1] != '#' || strtoul(p + 2, &end, 10) < ' ' || *end != ';')
		return 0;
	return (size_t)(end + 1 - p);
}

/* A tag from "<" on: name, attributes in double quotes. Returns its length. */
static size_t tag_length(const char *p)
{
	const char *at = p + 1 + (p[1] == '/');
	size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyz"), len;

	require(n > 0);
	at += n;
	while (*at == ' ') {
		at += 1 + strspn(at + 1, "abcdefghijklmnopqrstuvwxyzB-0123456789");
		require(at[0] == '=' && at[1] == '"');
		for (at += 2; *at != '"'; at += len) {
			len = *at == '<' ? 0 : text_length(at);
			require(len > 0);
		}
		at++;
	}
	at += *at == '/';
	require(*at == '>');
	return (size_t)(at + 1 - p);
}

static void check_xml(const char *p)
{
	const char *open[16];
	size_t depth = 0, n;

	for (; *p; p += n) {
		n = *p == '<' ? tag_length(p) : text_length(p);
		require(n > 0);
		if (*p == '<' && p[1] == '/') {
			require(depth > 0);
			require(strncmp(open[--depth], p + 2, n - 3) == 0);
		} else if (*p == '<' && p[n - 2] != '/') {
			require(depth < sizeof(open) / sizeof(*open));
			open[depth++] = p + 1;
		}
	}
	require(depth == 0);
}

static void check_drawing(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf svg = { 0 }, table = { 0 };
	char name[32];
	size_t n = size < sizeof(name) - 1 ? size : sizeof(name) - 1;

	/* A machine's name has only these (system_name). */
	for (size_t i = 0; i < n; i++)
		name[i] = "ab09._-Z"[data[i] % 8];
	name[n] = '\0';
	require(timeline_svg(&timeline, name, &svg) == 0 && timeline_table(&timeline, &table) == 0);
	require(svg.len < 65536 && table.len < 65536);
	check_xml(svg.data);
	for (size_t i = 0; i < table.len; i++)
		require(table.data[i] == '\n' || (table.data[i] >= ' ' && table.data[i] <= '~'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct report r = { 0 };
	size_t records = 0;

	/* Anew: the limit is on all events of a run. */
	events = (struct events)EVENTS_INIT;
	if (fd < 0)
		fd = memfd_create("events", MFD_CLOEXEC);
	events.fd = fd;
	require(events.fd >= 0 && ftruncate(events.fd, 0) == 0 &&
		lseek(events.fd, 0, SEEK_SET) == 0);
	clock_us = 100000000;
	timeline = (struct timeline){ .qemu_us = clock_us, .greeted_us = clock_us + 500 };
	report_feed(&r, (const char *)data, size, take, &records);
	timeline.end_us = clock_us + 5;
	require(records == r.records);
	same_in_pieces(&r, data, size);
	check_events(records);
	check_drawing(data, size);
	return 0;
}
