/* SPDX-License-Identifier: MIT */
/* session.h - one command of the host's: its process, its streams, its end */
#ifndef STOREBOOT_AGENT_SESSION_H
#define STOREBOOT_AGENT_SESSION_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "init/agent/agent.h"
#include "init/lib/frame.h"

/* With a terminal in and out are one descriptor's two copies, and err is -1. */
struct session {
	uint16_t id;
	pid_t pid;	  /* 0: this one is free */
	int in, out, err; /* our ends; -1: closed */
	int exec_fd;	  /* the errno of a failed exec comes out of it, or its end; -1: it has */
	bool tty;
	bool in_end;	  /* no more will come for stdin */
	struct buf to_in; /* for stdin, not yet taken; at most FRAME_WINDOW bytes */
	uint32_t out_credit, err_credit;
	size_t out_left, err_left; /* after its end: what it wrote and is not yet read */
	bool exited;
	int status; /* as wait(2) gives it */
};

#define SESSION_POLLS 4

/* Starts what FRAME_OPEN asks for; what cannot be started is answered into port. Returns 0 or
 * -ENOMEM. */
_must_check_ int session_open(struct session *s, const struct agent_config *c,
			      const struct frame *f, struct buf *port);

/* Takes a frame of the session from the host. */
void session_frame(struct session *s, const struct frame *f);

/* Says what to wait for: SESSION_POLLS of them. listen: there is room for more output. */
void session_polls(const struct session *s, bool listen, struct pollfd *fds);

/* Moves what there is, after poll(2); frames for the host go into port. Returns 0, or -ENOMEM. */
_must_check_ int session_serve(struct session *s, const struct pollfd *fds, struct buf *port);

/* Its process has ended, as wait(2) says. */
void session_exited(struct session *s, int status);

/* Nobody listens any more: SIGHUP to its process group, and the place is free. */
void session_hangup(struct session *s);

#endif
