/* SPDX-License-Identifier: MIT */
/*
 * channel.h - the launcher's part of the channel: between the guest's agent and who talks to it
 *
 * Theory of operation: one socket leads to the guest's agent (through QEMU's virtio-serial port), and any
 * number of connections, up to CHANNEL_CONNS, come from programs: the launcher's own command, and those
 * that connected to the control socket. Frames are passed on with the session's number changed. The
 * receiver's credit bounds what waits for it, so nothing here blocks and nothing grows without end: a side
 * that breaks the bound is cut off.
 */
#ifndef STOREBOOT_HOST_CHANNEL_H
#define STOREBOOT_HOST_CHANNEL_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "init/lib/err.h"
#include "init/lib/frame.h"

#define CHANNEL_CONNS 16
#define CHANNEL_POLLS (2 + CHANNEL_CONNS)

enum conn_kind { CONN_NEW, CONN_COMMAND, CONN_CONSOLE, CONN_STOP };

struct conn {
	int fd; /* -1: this one is free */
	enum conn_kind kind;
	uint16_t session; /* the guest's number for it; 0: not sent there yet */
	bool held;	  /* its first frame waits for the guest's agent */
	struct buf in, out;
};

struct channel {
	int port;     /* to the agent; -1: none */
	int listener; /* the control socket; -1: none */
	bool rescue;  /* an agent may begin at a failed step: who sits here asked for it (--rescue) */
	struct buf from_guest, to_guest;
	struct conn conns[CHANNEL_CONNS];
	uint16_t last_session;

	/* What the agent says. */
	unsigned int hellos; /* how often an agent began */
	bool here;		     /* there is one */
	enum frame_place place;
	char text[64]; /* FRAME_AT_RESCUE: the step that failed */
	bool execed, ready;

	/* What programs ask for; the launcher takes and clears it. */
	bool stop, stop_now;
	struct buf typed; /* for the guest's console, from who is attached */
	char gone[128];	  /* why the port is of no use any more, or "" */
};

#define CHANNEL_INIT { .port = -1, .listener = -1 }

/* A connection from within the launcher: its client's end, or -errno (-EBUSY: there are too many). */
_must_check_ int channel_connect(struct channel *c);

void channel_polls(const struct channel *c, struct pollfd *fds);
void channel_serve(struct channel *c, const struct pollfd *fds);

/* A frame for the agent itself, if one is there. */
void channel_tell(struct channel *c, enum frame_kind kind, unsigned int width, unsigned int n,
		  const uint64_t *numbers);
/* The time of this moment. */
void channel_tell_clock(struct channel *c);

/* There will be no agent: who waits for one is told why. */
void channel_hopeless(struct channel *c, const char *why);

/* QEMU says that the guest has closed the port. */
void channel_closed(struct channel *c);

/* What the guest's console said, for who is attached; one that reads too slowly misses some. */
void channel_console(struct channel *c, const char *data, size_t len);

/* Ends all connections, removes nothing. */
void channel_free(struct channel *c);

#endif
