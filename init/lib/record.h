/* SPDX-License-Identifier: MIT */
/*
 * record.h - what stage 1 reports to the host, one line a record
 *
 * Theory of operation: the guest writes each record as one line to the channel that the host names
 * with storeboot.report=; the host reads lines and takes only those that parse, so that a
 *firmware's or a kernel's own output on the same port does no harm. Fields are separated by tabs; a
 *tab, newline, return or backslash within a name or text is written as \t, \n, \r, \\.
 *
 *	sb1 <tab> kind <tab> name <tab> errno <tab> start_us <tab> took_us <tab> text <newline>
 */
#ifndef STOREBOOT_RECORD_H
#define STOREBOOT_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "init/lib/macro.h"

enum record_kind {
	RECORD_STEP,	/* a step ended well; text: what it did, or empty */
	RECORD_SKIP,	/* a step this boot does not want */
	RECORD_FAIL,	/* stage 1 ended at this step; num: errno; text: the one line */
	RECORD_STAGE2,	/* the last act of stage 1: text is the program that is executed next */
	RECORD_WARN,	/* a step went on although something is not as asked; text says what */
	RECORD_BEGIN,	/* a step begins; none for those that run before the channel is open */
	RECORD_KERNEL,	/* a phase of the kernel's, before the first step */
	RECORD_PVPANIC, /* the kernel tells QEMU of a panic from now on; text: the driver */
};

struct record {
	enum record_kind kind;
	int num;	   /* positive errno value, 0 when none */
	uint64_t start_us; /* since the kernel started (CLOCK_MONOTONIC) */
	uint64_t took_us;
	char name[32]; /* the step's name */
	char text[1024];
};

/* RECORD_WARN of this name: there is no channel, and none will come. */
#define RECORD_AGENT "agent"

#define RECORD_LINE_MAX 2400 /* every text byte may need two */

/* The kind as it stands in a line. */
const char *record_kind_name(enum record_kind kind);

/* Formats with the newline. Returns the length, or -ENAMETOOLONG. */
_must_check_ int record_format(const struct record *rec, char *dst, size_t size);

/* Parses one line of len bytes, without its newline. Returns 0 or -EBADMSG with ret untouched. */
_must_check_ int record_parse(const char *line, size_t len, struct record *ret);

#endif
