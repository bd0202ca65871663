/* SPDX-License-Identifier: MIT */
/* report.h - the records that the guest sends, put together again */
#ifndef STOREBOOT_HOST_REPORT_H
#define STOREBOOT_HOST_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "init/lib/record.h"

/* Zero-initialised is the start of a stream. */
struct report {
	char line[RECORD_LINE_MAX]; /* the beginning of a line that has not ended yet */
	size_t len;
	bool too_long; /* the line does not fit; what is left of it is dropped */

	unsigned int records; /* how many there were */
	bool stage2;	      /* stage 1 reached its end */
	bool pvpanic;	      /* its kernel tells QEMU of a panic */
	bool no_agent;	      /* the guest has no channel for commands: why, in no_agent_text */
	char no_agent_text[256];
	/* Stage 1 failed, as fail says; the first failure counts, unless the step is tried again.
	 */
	bool failed;
	struct record fail;
	char last_step[32]; /* the step that ended last, or "" */
	char now_step[32];  /* the one that has begun since, or "" */
};

/*
 * Takes bytes as they come, in pieces of any size; skips lines that are no record. each, if not
 * NULL, is called for every record. Apart from that a pure function of the stream.
 */
void report_feed(struct report *r, const char *data, size_t len,
		 void (*each)(const struct record *rec, void *arg), void *arg);

#endif
