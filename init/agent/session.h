/* SPDX-License-Identifier: MIT */
/* session.h - one command or connection of the host: its process, its streams, its end */
#ifndef STOREBOOT_AGENT_SESSION_H
#define STOREBOOT_AGENT_SESSION_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "init/agent/agent.h"
#include "init/lib/frame.h"

/* With a terminal or a socket, in and out are copies of one descriptor, and err is -1. */
struct session {
	uint16_t id;
	pid_t pid; /* 0: this slot is free; SESSION_SOCKET: a connection, without a process */
	int in, out, err; /* our ends; -1: closed */
	int exec_fd;	  /* a struct command_failure if the exec fails, else EOF; -1: was read */
	bool tty;
	bool in_end;	  /* FRAME_IN_END came */
	struct buf to_in; /* for stdin, not yet written; at most FRAME_WINDOW bytes */
	uint32_t out_credit, err_credit;
	size_t out_left, err_left; /* after its end: bytes it wrote that are not yet read */
	bool exited;
	int status; /* from wait(2) */
};

#define SESSION_POLLS 4
#define SESSION_SOCKET ((pid_t)-1)

/* Starts the command or connection that the FRAME_OPEN f asks for. If that fails, puts
 * FRAME_REFUSED into port. Returns 0 or -ENOMEM. */
_must_check_ int session_open(struct session *s, const struct agent_config *c,
			      const struct frame *f, struct buf *port);

/* Handles a frame from the host for this session. */
void session_frame(struct session *s, const struct frame *f);

/* Fills SESSION_POLLS entries of fds. listen: read output. */
void session_polls(const struct session *s, bool listen, struct pollfd *fds);

/* Moves data after poll(2); puts frames for the host into port. Returns 0 or -ENOMEM. */
_must_check_ int session_serve(struct session *s, const struct pollfd *fds, struct buf *port);

/* Notes the end of the process. status: from wait(2). */
void session_exited(struct session *s, int status);

/* Sends SIGHUP and SIGCONT to the process group, or closes the connection, and frees the slot: the
 * host wants no more. */
void session_hangup(struct session *s);

#endif
