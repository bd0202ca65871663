/* SPDX-License-Identifier: MIT */
/*
 * record.h - records that stage 1 sends to the host, one per line
 *
 * Theory of operation: the guest writes to the port that storeboot.report= names. The host ignores
 * lines that do not parse, as firmware and kernel may write to the same port. Tabs separate the
 * fields; a tab, newline, carriage return or backslash in a name or text is \t, \n, \r or \\.
 *
 *	sb1 <tab> kind <tab> name <tab> errno <tab> start_us <tab> took_us <tab> text <newline>
 *
 * Any root process of the guest can write to the port, so the host ignores it from RECORD_STAGE2
 * on. The exec of stage 2 may still fail. For that case RECORD_STAGE2 has a random number in
 * took_us, the token, and the host accepts a later RECORD_FAIL that has the same token. Only the
 * memory of PID 1 holds the token, and a successful exec replaces that. A token of 0 is none.
 */
#ifndef STOREBOOT_RECORD_H
#define STOREBOOT_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "init/lib/macro.h"

enum record_kind {
	RECORD_STEP,	/* a step succeeded; text: its result, or empty */
	RECORD_SKIP,	/* a step was skipped */
	RECORD_FAIL,	/* a step failed, and stage 1 with it; num: errno; text: the error;
			 * took_us: the token, if one was sent */
	RECORD_STAGE2,	/* stage 1 ends; text: the program that is executed next; took_us: token */
	RECORD_WARN,	/* something is not as requested, and the step continued; text: what */
	RECORD_BEGIN,	/* a step begins; not sent for steps before the port is open */
	RECORD_KERNEL,	/* a phase of the kernel's start, before the first step */
	RECORD_PVPANIC, /* from now on the kernel reports a panic to QEMU; text: the driver */
};

struct record {
	enum record_kind kind;
	int num;	   /* positive errno value, or 0 */
	uint64_t start_us; /* since the kernel started (CLOCK_MONOTONIC) */
	uint64_t took_us;
	char name[32]; /* the step's name */
	char text[1024];
};

/* The name of a RECORD_WARN: the channel cannot be opened, and no agent will come. */
#define RECORD_AGENT "agent"

#define RECORD_LINE_MAX 2400 /* each byte of the text may take two */

/* Returns the name of kind in a line. */
const char *record_kind_name(enum record_kind kind);

/* Formats rec as a line with its newline. Returns its length, or -ENAMETOOLONG. */
_must_check_ int record_format(const struct record *rec, char *dst, size_t size);

/* Parses a line of len bytes, without its newline. Returns 0, or -EBADMSG with ret unchanged. */
_must_check_ int record_parse(const char *line, size_t len, struct record *ret);

#endif
