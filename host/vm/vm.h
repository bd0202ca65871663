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

/* How a run is watched, and what is recorded. */
struct watch {
	struct limits limits;
	struct events events;
	struct timeline timeline;
	struct console_log log;
	struct guest_command command;
	int control;		  /* the control socket; -1: none */
	pid_t tpm_pid;		  /* the TPM's server; 0: none */
	const pid_t *server_pids; /* the file servers that run beside QEMU */
	size_t n_servers;
	const char *server_log; /* the log of servers for each connection, which may be missing */
	int servers_fd;		/* the output of those beside QEMU; -1: none */
	bool rescue;		/* --rescue: if stage 1 fails, a shell may take the terminal */
	bool kept;		/* the guest writes to disks that outlive it */
	unsigned int stop_timeout; /* seconds for a clean power-off */
	uint64_t kernel_needs;	   /* see struct ending */
	uint64_t memory;	   /* the machine's bytes, set before accepted */
	/* the machine's bytes, set before accepted is called */
	int (*accepted)(void *arg, struct err *e);
	void *accepted_arg;
};

#define WATCH_INIT \
	{ \
		.events = EVENTS_INIT, .log = CONSOLE_LOG_INIT, .command = GUEST_COMMAND_INIT, \
		.control = -1, .servers_fd = -1 \
	}

/*
 * Starts QEMU by config, whose descriptors it fills in, and serves it until it ends, or a signal of
 * signals_of_run or a limit ends it. If stage 1 gives a shell to a person at the console, only the
 * limit of the run applies. console: after console_look. others: from proc_adopt_orphans. Returns 0
 * with the verdict, or -errno with e if it could not start. In each case QEMU has ended, and the
 * terminal's modes are restored.
 */
_must_check_ int vm_run(struct qemu_config *config, struct console *console,
			struct proc_others *others, struct watch *watch, struct verdict *ret,
			struct err *e);

#endif
