/* SPDX-License-Identifier: MIT */
/*
 * agent.h - the guest's end of the channel: runs commands for the host, beside stage 2 or in its
 * place
 *
 * It is storeboot-init again, so it needs nothing of the system: no file of the initramfs is left
 * when it works, no library, no shell.
 */
#ifndef STOREBOOT_AGENT_H
#define STOREBOOT_AGENT_H

#include "init/lib/frame.h"
#include "init/lib/macro.h"

struct agent_config {
	int port; /* the virtio-serial port, open for both directions */
	enum frame_place place;
	const char *text;	   /* for the host: the step that failed (FRAME_AT_RESCUE); or "" */
	const char *system_config; /* where commands find the system's programs; or NULL */
	const char *root;	   /* commands are run in this root; NULL: in our own */
	const char *shell;	   /* the shell to give to who asks for one; NULL: the system's */
	const char *console;	   /* the console's terminal, a device; or NULL */
	int exec_fd;   /* stage 2 is executed when this pipe ends; -1: there is none to wait for */
	int notify_fd; /* a socket as NOTIFY_SOCKET names it; -1: none */
};

enum agent_end {
	AGENT_LOST,  /* the port failed */
	AGENT_OFF,   /* the host wants the machine to be off now */
	AGENT_RETRY, /* it wants the failed step to be tried again */
	AGENT_TERM,  /* stage 2 ends all processes (SIGTERM) */
};

/* Serves until one of these. No command runs any more then, except after AGENT_TERM. */
_must_check_ enum agent_end agent_run(const struct agent_config *c);

#endif
