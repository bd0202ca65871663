/* SPDX-License-Identifier: MIT */
/* vm.h - one QEMU, from its start to its end */
#ifndef STOREBOOT_HOST_VM_H
#define STOREBOOT_HOST_VM_H

#include <signal.h>

#include "host/lib/proc.h"
#include "host/qemu/qemu.h"
#include "host/vm/console.h"
#include "host/vm/console_log.h"
#include "host/vm/deadline.h"
#include "host/vm/events.h"
#include "host/vm/guest_command.h"
#include "host/vm/timeline.h"
#include "host/vm/verdict.h"

/* How a run is watched, and what is kept of it. */
struct watch {
	struct limits limits;
	struct events events;
	struct timeline timeline;
	struct console_log log;
	struct guest_command command;
	int control;		  /* the control socket; -1: none */
	pid_t tpm_pid;		  /* the TPM's server; 0: none */
	const pid_t *server_pids; /* the file servers that run beside QEMU, */
	size_t n_servers;	  /* so many */
	const char
		*server_log; /* the file with what servers say, which need not be there; or NULL */
	bool rescue;	     /* where stage 1 fails, its shell may have the terminal (--rescue) */
	bool kept;	     /* the guest writes to what outlives it */
	unsigned int stop_timeout; /* seconds for a clean power-off */
	uint64_t kernel_needs;	   /* as struct ending has it */
	uint64_t memory;	   /* the machine's bytes, when it is accepted */
	/* QEMU has taken its arguments, and the guest has not begun. Returns 0, or -errno
	 * with e: the run ends with it. */
	int (*accepted)(void *arg, struct err *e);
	void *accepted_arg;
};

#define WATCH_INIT \
	{ \
		.events = EVENTS_INIT, .log = CONSOLE_LOG_INIT, .command = GUEST_COMMAND_INIT, \
		.control = -1 \
	}

/*
 * Starts QEMU by config (whose descriptors it fills in) and serves it until it has ended, or a
 * signal of signals_of_run or a limit ends it. A person at the console who was given a shell by
 * stage 1 has all the time of the run. console: after console_look. others: as proc_adopt_orphans
 * gave it. Returns 0 with the verdict, or -errno with e when it could not start. In each case QEMU
 * has ended, and the terminal has its modes back.
 */
_must_check_ int vm_run(struct qemu_config *config, struct console *console,
			struct proc_others *others, struct watch *watch, struct verdict *ret,
			struct err *e);

#endif
