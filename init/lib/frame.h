/* SPDX-License-Identifier: MIT */
/*
 * frame.h - frames that carry commands and their streams between host and guest
 *
 * Theory of operation: one byte stream each way (a virtio-serial port; on the host also the
 * connections of the control socket) carries many sessions, one per command. A frame is a header of
 * 8 bytes and a payload. Numbers are little-endian:
 *
 *	kind (1) | 0 (1) | session (2) | length of the payload (4) | payload
 *
 * The receiver of a stream (a command's stdin, stdout or stderr) grants bytes as credit, and the
 * sender never has more than FRAME_WINDOW bytes in flight. So a slow reader stops only its own
 * stream, and every queue is bounded. Session 0 is for frames about the machine.
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
	16384 /* bytes of data per frame: a frame must not delay other sessions for long */
#define FRAME_WINDOW 262144 /* bytes of one stream in flight */

/* The name of the virtio-serial port (/sys/class/virtio-ports/N/name). */
#define FRAME_PORT "storeboot"
#define FRAME_VERSION 1

enum frame_kind {
	/* guest to host, session 0 */
	FRAME_HELLO = 1, /* the agent listens: version (4), enum frame_place (4), text */
	FRAME_EXECED,	 /* stage 2 has been executed */
	FRAME_READY,	 /* stage 2 reports that it is up (sd_notify(3), READY=1) */

	/* host to guest, session 0 */
	FRAME_POWEROFF, /* ask stage 2 for a clean power-off */
	FRAME_OFF,	/* power off now, with clean file systems */
	FRAME_RETRY,	/* run the failed step again */
	FRAME_CLOCK,	/* set the clock: nanoseconds since the epoch (8) */
	FRAME_CONSOLE,	/* size of the console's terminal: rows (2), columns (2) */

	/* host to guest, for a session */
	FRAME_OPEN,	   /* start a command (init/lib/request.h) */
	FRAME_IN,	   /* data for its stdin */
	FRAME_IN_END,	   /* end of its stdin */
	FRAME_SIGNAL,	   /* signal number (1) for its process group */
	FRAME_WINDOW_SIZE, /* size of its terminal: rows (2), columns (2) */
	FRAME_HANGUP,	   /* the program that asked for it is gone */

	/* guest to host, for a session */
	FRAME_OUT,     /* data from its stdout */
	FRAME_ERR,     /* data from its stderr */
	FRAME_EXIT,    /* exit status as in a shell, 0 to 255 (4), signal or 0 (4); last frame */
	FRAME_REFUSED, /* not started: exit status to use (4), text; last frame */

	/* both ways, for a session: the receiver of a stream (1: FRAME_IN, FRAME_OUT or FRAME_ERR)
	 * grants this many more bytes (4) */
	FRAME_CREDIT,

	/* program to launcher, on the control socket, session 0; the launcher answers with a frame
	 * of the same kind, which is empty except for FRAME_ATTACH */
	FRAME_ATTACH, /* enum frame_attach (4), also in the answer: FRAME_IN and FRAME_OUT follow */
	FRAME_STOP,   /* end the machine (4): 0 as on SIGTERM, 1 at once */

	/* guest to host, session 0 */
	FRAME_BYE, /* enum frame_bye (4): the agent is about to close the port */

	/* launcher to program, session 0 */
	FRAME_GONE, /* the launcher closes the connection: exit status (4), text */

	/* program to launcher, as FRAME_STOP: the guest keeps this many bytes (8) of its memory */
	FRAME_BALLOON,

	FRAME_KINDS,
};

/* Why the agent closes the port. */
enum frame_bye {
	FRAME_BYE_TERM,	 /* the agent got SIGTERM or SIGHUP: the guest shuts down */
	FRAME_BYE_RETRY, /* stage 1 runs the failed step again; another agent follows */
};

/* Which output of the console a program gets. */
enum frame_attach {
	FRAME_FROM_NOW,
	FRAME_SO_FAR,	/* what the launcher keeps; then FRAME_GONE */
	FRAME_FROM_KEPT /* both */
};

/* Where the agent runs. */
enum frame_place {
	FRAME_AT_STAGE2,  /* beside stage 2; FRAME_READY is not expected */
	FRAME_AT_SYSTEMD, /* beside systemd; FRAME_READY is expected */
	FRAME_AT_COMMAND, /* in place of stage 2 */
	FRAME_AT_RESCUE,  /* at a failed step, which the text names */
};

struct frame {
	enum frame_kind kind;
	uint16_t session;
	size_t len;
	const unsigned char *data; /* points into the reader's buffer */
};

/* Appends a frame. Returns 0, -ENOMEM, or -EMSGSIZE if len exceeds FRAME_PAYLOAD_MAX. */
_must_check_ int frame_put(struct buf *b, enum frame_kind kind, uint16_t session, const void *data,
			   size_t len);
/* Appends a frame with n numbers of width bytes each (1, 2, 4 or 8); -EMSGSIZE over 32 bytes in
 * all. */
_must_check_ int frame_put_numbers(struct buf *b, enum frame_kind kind, uint16_t session,
				   unsigned int width, unsigned int n, const uint64_t *numbers);
/* Appends a FRAME_CREDIT of bytes for stream. */
_must_check_ int frame_put_credit(struct buf *b, uint16_t session, enum frame_kind stream,
				  uint32_t bytes);
/* Appends a FRAME_REFUSED or FRAME_GONE: exit status and text, cut to FRAME_TEXT_MAX bytes. */
_must_check_ int frame_put_text(struct buf *b, enum frame_kind kind, uint16_t session, int status,
				const char *text);

/* Copies the text of such a frame to ret (size bytes); "" if it has none. */
void frame_text(const struct frame *f, char *ret, size_t size);

/* Returns the number of width bytes at offset at of the payload; 0 if the payload is too short. */
uint64_t frame_number(const struct frame *f, size_t at, unsigned int width);

/* Parses the frame at the start of data (len bytes). Returns its length, with ret pointing into
 * data; 0 if it is incomplete; -EBADMSG if it is not a frame. A pure function. */
_must_check_ int frame_take(const void *data, size_t len, struct frame *ret);

/* Removes the first n bytes of the buffer. */
void frame_drop(struct buf *b, size_t n);

#endif
