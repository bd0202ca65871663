/* SPDX-License-Identifier: MIT */
/*
 * channel.h - the launcher's part of the channel: between the guest's agent and who talks to it
 *
 * Theory of operation: one socket leads to the guest's agent (through QEMU's virtio-serial port).
 * Connections come from programs: the launcher's own command, and those that connected to the
 * control socket. Frames are passed on with the session's number changed. The receiver's credit
 * bounds what waits for it, so nothing here blocks and nothing grows without end: a side that
 * breaks the bound is cut off.
 */
#ifndef STOREBOOT_HOST_CHANNEL_H
#define STOREBOOT_HOST_CHANNEL_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/vm/conn.h"
#include "init/lib/err.h"

#define CHANNEL_POLLS (2 + CONNS_MAX)

struct channel {
	int port;     /* to the agent; -1: none */
	int listener; /* the control socket; -1: none */
	bool rescue;  /* an agent may begin at a failed step: who sits here asked for it (--rescue)
		       */
	struct buf from_guest, to_guest;
	struct conn conns[CONNS_MAX];
	uint16_t last_session;

	/* What the agent says. */
	unsigned int hellos; /* how often an agent began */
	bool here;	     /* there is one */
	enum frame_place place;
	char text[64]; /* FRAME_AT_RESCUE: the step that failed */
	bool execed, ready;
	bool leaving; /* it said that all processes were asked to end */

	/* What programs ask for; the launcher takes and clears it. */
	bool stop, stop_now;
	struct buf typed; /* for the guest's console, from who is attached */
	char gone[128];	  /* why the port is of no use any more, or "" */
	int gone_code;	  /* the enum exit_status of that */
	char away[256]; /* why there is no agent now, or "": there is one, or one may still come */
};

#define CHANNEL_INIT \
	{ \
		.port = -1, .listener = -1 \
	}

/* A connection from within the launcher, beyond every limit: its client's end, or -errno. */
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

enum channel_close {
	CHANNEL_SAME,	  /* no agent was there, another one has come meanwhile, or one will */
	CHANNEL_LEFT,	  /* the guest ends all processes, as the agent said before: commands are
			     refused */
	CHANNEL_VANISHED, /* the agent was killed, or the machine is being reset: another may come
			   */
};

/* QEMU says that the guest has closed the port. Returns what that means. Programs with a command
 * there are told nothing yet: channel_away does so, where no other agent comes and the machine goes
 * on. */
enum channel_close channel_closed(struct channel *c);

/* There is no agent any more, and none is expected: ends what it ran, and refuses what programs ask
 * of it from now on; both are told why. An agent that comes all the same is welcome. */
void channel_away(struct channel *c, const char *why);

/* QEMU has ended: every program is told why. */
void channel_ended(struct channel *c, const char *why);
/* Is there a program that has not taken yet what it was told? */
bool channel_busy(const struct channel *c);

/* What the guest's console said, for who is attached; one that reads too slowly misses some. */
void channel_console(struct channel *c, const char *data, size_t len);

/* Ends all connections, removes nothing. */
void channel_free(struct channel *c);

#endif
