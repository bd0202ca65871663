/* SPDX-License-Identifier: MIT */
/*
 * agent.h - the guest's end of the channel: runs commands for the host
 *
 * The agent is part of storeboot-init and needs no file: no library, no shell, and nothing of the
 * initramfs, which switch root empties.
 */
#ifndef STOREBOOT_AGENT_H
#define STOREBOOT_AGENT_H

#include "init/lib/frame.h"
#include "init/lib/macro.h"

struct agent_config {
	int port; /* the virtio-serial port, open for reading and writing */
	enum frame_place place;
	const char *text;	   /* sent to the host: the failed step (FRAME_AT_RESCUE), or "" */
	const char *system_config; /* the system whose programs commands use; or NULL */
	const char *root;	   /* the root of commands (chroot); NULL: ours */
	const char *shell;	   /* the first choice for a shell; NULL: the system's */
	const char *console;	   /* the terminal device of the console, or NULL */
	int exec_fd;		   /* a pipe that ends when stage 2 is executed; -1: none */
	int notify_fd;		   /* the socket of NOTIFY_SOCKET; -1: none */
};

enum agent_end {
	AGENT_LOST,  /* the port failed */
	AGENT_OFF,   /* power off now: the host asked, or stage 2 cannot power off */
	AGENT_RETRY, /* run the failed step again */
	AGENT_TERM,  /* stage 2 shuts down (SIGTERM or SIGHUP), and no command is left */
};

/* Serves the host until one of these, then sends SIGHUP to the remaining commands. */
_must_check_ enum agent_end agent_run(const struct agent_config *c);

#endif
