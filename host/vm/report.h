/* SPDX-License-Identifier: MIT */
/* report.h - the guest's records, parsed from a stream */
#ifndef STOREBOOT_HOST_REPORT_H
#define STOREBOOT_HOST_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "init/lib/record.h"

/* Zero-initialised: the start of a stream. */
struct report {
	char line[RECORD_LINE_MAX]; /* the beginning of an unfinished line */
	size_t len;
	bool too_long; /* the line does not fit; drop the rest of it */

	unsigned int records; /* how many were believed */
	bool stage2;	      /* stage 1 has handed over */
	/* Stage 2 runs, and the guest's root may write anything: a record is believed only if it
	 * is a failure with this token of stage 1 (record.h); 0: none is. */
	bool closed;
	uint64_t token;
	bool pvpanic;  /* the guest's kernel reports a panic to QEMU */
	bool no_agent; /* the guest has no channel for commands; no_agent_text: why */
	char no_agent_text[256];
	/* Stage 1 failed; fail: the first failure. Cleared when a step is tried again. */
	bool failed;
	struct record fail;
	char last_step[32]; /* the last step that ended, or "" */
	char now_step[32];  /* the step that has begun since, or "" */
};

/* Parses bytes as they arrive, in pieces of any size; skips lines that are not records, and records
 * that are not believed. Calls each, if not NULL, for every other record, without its token.
 * Otherwise a pure function of the stream. */
void report_feed(struct report *r, const char *data, size_t len,
		 void (*each)(const struct record *rec, void *arg), void *arg);

/* The machine was reset, and stage 1 starts again. Call it when everything that was sent before is
 * read. */
void report_reopen(struct report *r);

#endif
