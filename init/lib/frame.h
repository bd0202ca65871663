/* SPDX-License-Identifier: MIT */
/*
 * frame.h - the frames that carry commands and what they say between host and guest
 *
 * Theory of operation: one byte stream each way (a virtio-serial port; on the host also the control
 * socket's connections) carries many sessions, one a command. A frame is a header of 8 bytes and
 *its payload; numbers are little-endian:
 *
 *	kind (1) | 0 (1) | session (2) | length of the payload (4) | payload
 *
 * Data goes by credit: who shall receive a stream (a command's stdin, stdout, stderr) grants bytes,
 *and the other side never has more than FRAME_WINDOW on its way. So a reader that stops stops its
 *own stream and no other, and every queue has a bound. Session 0 is the machine's own.
 */
#ifndef STOREBOOT_FRAME_H
#define STOREBOOT_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "init/lib/str.h"

#define FRAME_HEADER 8
#define FRAME_PAYLOAD_MAX 65536
#define FRAME_TEXT_MAX 400
#define FRAME_DATA_MAX \
	16384 /* of one frame with data: a session's frame does not hold others up long */
#define FRAME_WINDOW 262144 /* bytes of one stream that may wait on their way */

/* The name of the virtio-serial port (/sys/class/virtio-ports/N/name). */
#define FRAME_PORT "storeboot"
#define FRAME_VERSION 1

enum frame_kind {
	/* guest to host, session 0 */
	FRAME_HELLO = 1, /* version (4), enum frame_place (4), a text: the agent listens */
	FRAME_EXECED,	 /* stage 2 has been executed */
	FRAME_READY,	 /* stage 2 says that it is up (sd_notify(3), READY=1) */

	/* host to guest, session 0 */
	FRAME_POWEROFF, /* ask stage 2 for a clean power-off */
	FRAME_OFF,	/* power off now, with clean file systems */
	FRAME_RETRY,	/* of a failed step */
	FRAME_CLOCK,	/* nanoseconds since the epoch (8): the time is this */
	FRAME_CONSOLE,	/* rows (2), columns (2): the console's terminal has this size */

	/* host to guest, of a session */
	FRAME_OPEN,	   /* starts a command: init/lib/request.h */
	FRAME_IN,	   /* data for its stdin */
	FRAME_IN_END,	   /* no more of it */
	FRAME_SIGNAL,	   /* a signal's number (1) for its process group */
	FRAME_WINDOW_SIZE, /* rows (2), columns (2) of its terminal */
	FRAME_HANGUP,	   /* whoever asked for it is gone */

	/* guest to host, of a session */
	FRAME_OUT,     /* data of its stdout */
	FRAME_ERR,     /* of its stderr */
	FRAME_EXIT,    /* it ended: the status as a shell has it, 0 to 255 (4), the signal or 0 (4);
			  the last    frame of a session */
	FRAME_REFUSED, /* it could not be started: exit status to give (4), a text; the last one,
			  too */

	/* both ways, of a session: the receiver of a stream (1: a frame_kind, IN, OUT or ERR) takes
	 * so many more bytes (4) */
	FRAME_CREDIT,

	/* a program to the launcher, on the control socket; session 0; the launcher answers with
	 * the same kind, empty */
	FRAME_ATTACH, /* the console: IN and OUT from now on */
	FRAME_STOP,   /* end the machine: 0 as SIGTERM does, 1 at once (4) */

	/* guest to host, session 0 */
	FRAME_BYE, /* enum frame_bye (4): the agent is going to close the port */

	/* the launcher to a program, session 0 */
	FRAME_GONE, /* exit status (4), a text: why the launcher closes the connection; its last
		       frame */

	FRAME_KINDS,
};

/* Why the agent goes. */
enum frame_bye {
	FRAME_BYE_TERM,	 /* all processes were asked to end (SIGTERM): the guest shuts down */
	FRAME_BYE_RETRY, /* stage 1 tries the failed step again; another agent comes */
};

/* Where the agent is. */
enum frame_place {
	FRAME_AT_STAGE2,  /* beside a stage 2 that will not say when it is up */
	FRAME_AT_SYSTEMD, /* beside one that will */
	FRAME_AT_COMMAND, /* in place of stage 2 */
	FRAME_AT_RESCUE,  /* where a step failed; the text names it */
};

struct frame {
	enum frame_kind kind;
	uint16_t session;
	size_t len;
	const unsigned char *data; /* points into the reader's buffer */
};

/* Appends a whole frame. Returns 0 or -ENOMEM; -EMSGSIZE over FRAME_PAYLOAD_MAX. */
_must_check_ int frame_put(struct buf *b, enum frame_kind kind, uint16_t session, const void *data,
			   size_t len);
/* The same with a payload of numbers, each of width bytes (1, 2, 4 or 8). */
_must_check_ int frame_put_numbers(struct buf *b, enum frame_kind kind, uint16_t session,
				   unsigned int width, unsigned int n, const uint64_t *numbers);
/* For a stream: so many bytes more. */
_must_check_ int frame_put_credit(struct buf *b, uint16_t session, enum frame_kind stream,
				  uint32_t bytes);
/* The same for FRAME_REFUSED and FRAME_GONE: an exit status and a text, cut to FRAME_TEXT_MAX
 * bytes. */
_must_check_ int frame_put_text(struct buf *b, enum frame_kind kind, uint16_t session, int status,
				const char *text);

/* The text of such a frame, "" where there is none; ret has size bytes. */
void frame_text(const struct frame *f, char *ret, size_t size);

/* The number of width bytes at a place of the payload; 0 where it ends before. */
uint64_t frame_number(const struct frame *f, size_t at, unsigned int width);

/*
 * Takes the frame at the beginning of len bytes. Returns its whole length with ret pointing into
 * data, 0 where it has not all come yet, -EBADMSG where this is no frame. A pure function.
 */
_must_check_ int frame_take(const void *data, size_t len, struct frame *ret);

/* Drops n bytes from the buffer's beginning. */
void frame_drop(struct buf *b, size_t n);

#endif
