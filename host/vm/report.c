/* SPDX-License-Identifier: MIT */
/* report.c - the guest's records, parsed from a stream */
#include "host/vm/report.h"

#include "init/lib/str.h"

static void take_record(struct report *r, const struct record *rec)
{
	r->records++;
	switch (rec->kind) {
	case RECORD_FAIL:
		if (!r->failed)
			r->fail = *rec;
		r->failed = true;
		break;
	case RECORD_STAGE2:
		r->stage2 = true;
		break;
	case RECORD_BEGIN:
		r->failed = false; /* a step that failed before is tried again */
		memcpy(r->now_step, rec->name, sizeof(r->now_step));
		break;
	case RECORD_STEP:
	case RECORD_SKIP:
		memcpy(r->last_step, rec->name, sizeof(r->last_step));
		r->now_step[0] = '\0';
		break;
	case RECORD_KERNEL:
		break;
	case RECORD_PVPANIC:
		r->pvpanic = true;
		break;
	case RECORD_WARN:
		if (!str_eq(rec->name, RECORD_AGENT))
			break;
		r->no_agent = true;
		snprintf(r->no_agent_text, sizeof(r->no_agent_text), "%.255s", rec->text);
		break;
	}
}

static void add_part(struct report *r, const char *data, size_t len)
{
	if (len > sizeof(r->line) - r->len)
		r->too_long = true;
	if (r->too_long)
		return;
	memcpy(r->line + r->len, data, len);
	r->len += len;
}

void report_feed(struct report *r, const char *data, size_t len,
		 void (*each)(const struct record *rec, void *arg), void *arg)
{
	while (len > 0) {
		const char *nl = memchr(data, '\n', len);
		size_t n = nl ? (size_t)(nl - data) : len;
		struct record rec;

		add_part(r, data, n);
		if (!nl)
			return;
		if (!r->too_long && record_parse(r->line, r->len, &rec) == 0) {
			take_record(r, &rec);
			if (each)
				each(&rec, arg);
		}
		r->len = 0;
		r->too_long = false;
		data += n + 1;
		len -= n + 1;
	}
}
