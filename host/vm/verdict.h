/* SPDX-License-Identifier: MIT */
/* verdict.h - how a run ended: one exit code and one line */
#ifndef STOREBOOT_HOST_VERDICT_H
#define STOREBOOT_HOST_VERDICT_H

#include <stdbool.h>

#include "host/terminal/command.h"
#include "host/vm/deadline.h"
#include "host/vm/qmp.h"
#include "host/vm/refusal.h"
#include "host/vm/report.h"
#include "host/vm/servers.h"
#include "init/lib/err.h"

/* What is known when QEMU has ended. */
struct ending {
	int signal;    /* the signal that the launcher got, 0: none */
	bool stopped;  /* QEMU was ended because `storeboot stop` asked for it */
	bool quit;     /* it was not sent: the user typed the escape key and x */
	int out_error; /* why the console could not be written to stdout (errno), 0: it was */
	enum deadline missed; /* QEMU was ended because a phase took too long, by limits */
	const struct limits *limits;
	int qemu_status;       /* as wait(2) gives it */
	const char *qemu_said; /* the end of QEMU's stderr, or "" */
	const char *console;   /* the end of the guest's console output, or "" */
	const char *io_error;  /* a disk that the host could not write or read, and why; or "" */
	const struct servers *servers;
	const char *server_said; /* their last line, or "" */
	uint64_t kernel_needs;	 /* bytes of memory, to unpack itself; 0: not known */
	const struct report *report;
	const struct qmp *qmp;
	const struct command *command; /* the run was for it; NULL: for none */
	const struct refusal *refused; /* QEMU ended without having started; NULL: it had */
	const char *channel_gone; /* why the channel for commands was of no use any more, or "" */
};

struct verdict {
	int exit_status;
	int code;	    /* where that is EXIT_COMMAND: what it would be without a command */
	bool failed;	    /* the line is an error */
	bool panicked;	    /* the guest's kernel did */
	char line[1400];    /* "" where there is nothing to say */
	char console[1200]; /* where the guest itself went wrong: its last lines, printable; or ""
			     */
};

/* All are pure functions. */
void verdict_of_error(const struct err *e, struct verdict *ret);
void verdict_of_signal(int signal, struct verdict *ret);
void verdict_of(const struct ending *end, struct verdict *ret);

/* May a machine with so many bytes of memory be too small for a system whose kernel needs so many
 * to unpack itself? 0: not known. */
bool verdict_is_little(uint64_t memory, uint64_t kernel_needs);

/* There is, or was to be, a COMMAND: an exit status of storeboot's own becomes EXIT_COMMAND. */
void verdict_for_command(struct verdict *v);

#endif
