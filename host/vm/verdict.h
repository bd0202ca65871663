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
	int signal;	      /* the signal that the launcher got; 0: none */
	bool stopped;	      /* `storeboot stop` asked for QEMU's end */
	bool quit;	      /* signal stands for Ctrl-a x */
	int out_error;	      /* errno of a failed write of the console to stdout, or 0 */
	enum deadline missed; /* QEMU was ended because a phase exceeded its limit */
	const struct limits *limits;
	int qemu_status;       /* as from wait(2) */
	const char *qemu_said; /* the end of QEMU's stderr, or "" */
	const char *console;   /* the end of the guest's console output, or "" */
	const char *io_error;  /* a disk that the host could not write or read, and why; or "" */
	const struct servers *servers;
	const char *server_said; /* last line of the servers' log, or "" */
	uint64_t kernel_needs;	 /* bytes that the kernel needs to unpack itself; 0: not known */
	const struct report *report;
	const struct qmp *qmp;
	const struct command *command; /* the run's command; NULL: none */
	const struct refusal *refused; /* QEMU exited without starting; NULL: it started */
	const char *channel_gone;      /* why the channel for commands was lost, or "" */
};

struct verdict {
	int exit_status;
	int code;	    /* the status without a command, if exit_status is EXIT_COMMAND */
	bool failed;	    /* the line is an error */
	bool panicked;	    /* the guest's kernel panicked */
	char line[1400];    /* "": nothing to report */
	char console[1200]; /* if the guest failed: its last lines, printable; or "" */
};

/* All are pure functions. */
void verdict_of_error(const struct err *e, struct verdict *ret);
void verdict_of_signal(int signal, struct verdict *ret);
void verdict_of(const struct ending *end, struct verdict *ret);

/* May a machine with `memory` bytes be too small for a kernel that needs kernel_needs bytes to
 * unpack itself? 0: not known; then 128 MiB is the limit. */
bool verdict_is_little(uint64_t memory, uint64_t kernel_needs);

/* For a run with a COMMAND: an exit status of storeboot's own becomes EXIT_COMMAND. */
void verdict_for_command(struct verdict *v);

#endif
