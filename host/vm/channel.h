/* SPDX-License-Identifier: MIT */
/*
 * channel.h - the launcher's side of the channel between the guest's agent and programs
 *
 * Theory of operation: one socket leads to the guest's agent, through QEMU's virtio-serial port.
 * Programs have connections: the launcher's own command, and those that connected to the control
 * socket. The launcher passes frames on and changes only their session number. The receiver's
 * credit limits what is queued for it, so nothing here blocks or grows without bound: a side that
 * exceeds its credit is cut off.
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
	int port;	 /* to the agent; -1: none */
	int listener;	 /* the control socket; -1: none */
	uint64_t memory; /* bytes; 0: the machine has no balloon */
	bool rescue;	 /* --rescue: an agent may start at a failed step */
	struct buf from_guest, to_guest;
	struct conn conns[CONNS_MAX];
	uint16_t last_session;

	/* State of the agent. */
	unsigned int hellos; /* how many agents have started */
	bool here;	     /* an agent is connected */
	enum frame_place place;
	char text[64]; /* FRAME_AT_RESCUE: the step that failed */
	bool execed, ready;
	bool leaving; /* it announced that all processes are asked to end */

	/* Requests of programs; the launcher handles and clears them. */
	bool stop, stop_now;
	struct buf kept;  /* the last output of the console (host/vm/kept.h) */
	uint64_t balloon; /* bytes that the guest is to keep; 0: nothing asked */
	struct buf typed; /* keys for the guest's console, from attached programs */
	char gone[128];	  /* why the port cannot be used any more, or "" */
	char away[256];	  /* why there is no agent; "": there is one, or one may come */
};

#define CHANNEL_INIT \
	{ \
		.port = -1, .listener = -1 \
	}

/* Makes a connection for the launcher itself, outside the limits. Returns the client's end, or
 * -errno. */
_must_check_ int channel_connect(struct channel *c);

void channel_polls(const struct channel *c, struct pollfd *fds);
void channel_serve(struct channel *c, const struct pollfd *fds);

/* Sends a frame to the agent itself, if there is one. */
void channel_tell(struct channel *c, enum frame_kind kind, unsigned int width, unsigned int n,
		  const uint64_t *numbers);
/* Sends the current time. */
void channel_tell_clock(struct channel *c);

/* No agent will come: refuses the commands that wait for one. */
void channel_hopeless(struct channel *c, const char *why);

enum channel_close {
	CHANNEL_SAME,	  /* there was no agent, or another one has come or will */
	CHANNEL_LEFT,	  /* the guest ends all processes, as announced: commands are refused */
	CHANNEL_VANISHED, /* the agent was killed, or the machine resets: another may come */
};

/* QEMU reports that the guest has closed the port. Returns what that means. Does not end running
 * commands yet: if no other agent comes and the machine stays up, call channel_away. */
enum channel_close channel_closed(struct channel *c);

/* There is no agent, and none is expected: ends its commands and refuses new ones. why: the reason
 * given. An agent that comes later is accepted. */
void channel_away(struct channel *c, const char *why);

/* QEMU has ended: tells every program why. */
void channel_ended(struct channel *c, const char *why);
/* Whether output for a program is still queued. */
bool channel_busy(const struct channel *c);

/* Keeps console output, and passes it on to attached programs. A program that reads too slowly
 * loses some. */
void channel_console(struct channel *c, const char *data, size_t len);

/* Closes all connections; deletes no file. */
void channel_free(struct channel *c);

#endif
