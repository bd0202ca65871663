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
		r->stage2 = r->closed = true;
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

/* RECORD_AGENT comes from the agent, beside stage 2, so it is the guest's word, and only the first
 * one counts: it ends no run but those that need the agent. */
static bool is_believed(const struct report *r, const struct record *rec)
{
	if (!r->closed)
		return true;
	if (rec->kind == RECORD_WARN)
		return str_eq(rec->name, RECORD_AGENT) && !r->no_agent;
	return rec->kind == RECORD_FAIL && r->token && rec->took_us == r->token;
}

/* Removes the token from the record, and takes it over. */
static void take_token(struct report *r, struct record *rec)
{
	if (rec->kind == RECORD_STAGE2)
		r->token = rec->took_us;
	if (rec->kind == RECORD_FAIL)
		r->closed = false; /* stage 1 goes on, and may try the step again */
	if (rec->kind == RECORD_STAGE2 || rec->kind == RECORD_FAIL)
		rec->took_us = 0;
}

void report_reopen(struct report *r)
{
	r->closed = r->too_long = false;
	r->token = 0;
	r->len = 0;
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
		if (!r->too_long && record_parse(r->line, r->len, &rec) == 0 &&
		    is_believed(r, &rec)) {
			take_token(r, &rec);
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
