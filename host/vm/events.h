/* SPDX-License-Identifier: MIT */
/* events.h - what happens in a run, as JSON lines for machines (storeboot(1), EVENTS) */
#ifndef STOREBOOT_HOST_EVENTS_H
#define STOREBOOT_HOST_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "init/lib/err.h"
#include "init/lib/record.h"
#include "init/lib/str.h"

/* Bytes. A run that nobody attacks has some kilobytes. */
#define EVENTS_MAX ((uint64_t)1 << 20)

struct events {
	int fd; /* -1: not asked for, or failed; all functions do nothing */
	uint64_t start_us;
	uint64_t written;  /* bytes */
	uint64_t left_out; /* how many events came after the limit was reached */
};

#define EVENTS_INIT \
	{ \
		.fd = -1 \
	}

struct event_field {
	const char *name; /* NULL ends the list */
	enum { EVENT_TEXT, EVENT_NUMBER, EVENT_FLAG } kind;
	const char *text;
	int64_t number; /* or the flag */
};

#define EVENT_T(field, value) \
	{ \
		(field), EVENT_TEXT, (value), 0 \
	}
#define EVENT_N(field, value) \
	{ \
		(field), EVENT_NUMBER, NULL, (int64_t)(value) \
	}
#define EVENT_F(field, value) \
	{ \
		(field), EVENT_FLAG, NULL, (value) \
	}

/* Creates or empties the file, or opens a FIFO that has a reader, and writes the first event. Times
 * count from here on. Returns 0 or -errno with e. */
_must_check_ int events_open(struct events *ev, const char *path, struct err *e);

/* Writes one whole line at once. Most events depend on the guest, so when EVENTS_MAX would be
 * exceeded, the event "limit" and a warning say so, and from then on only the events of the run's
 * end are written, of which there are few. A write error, or a pipe whose reader has stopped, is
 * reported once; then no more events are written, and the run continues. */
void events_write(struct events *ev, const char *event, const struct event_field *fields);
#define events_add(ev, event, ...) \
	events_write(ev, event, (const struct event_field[]){ __VA_ARGS__, { 0 } })

void events_record(struct events *ev, const struct record *rec);
void events_close(struct events *ev);

#endif
