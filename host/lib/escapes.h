/* SPDX-License-Identifier: MIT */
/*
 * escapes.h - lets only harmless output reach the terminal
 *
 * A terminal obeys its input: it sends answers as if they were typed, sets its title and clipboard,
 * changes what its keys send, resizes its window. The filter passes text, colours, cursor movements
 * within the screen, and erasing, inserting and deleting there; it drops all else. The names are
 * those of ECMA-48 and of xterm's ctlseqs.
 */
#ifndef STOREBOOT_HOST_LIB_ESCAPES_H
#define STOREBOOT_HOST_LIB_ESCAPES_H

#include <stddef.h>

#include "init/lib/macro.h"

#define ESCAPES_HELD 64 /* the longest sequence that passes; at most this much is held back */

enum escapes_state {
	ESCAPES_TEXT,
	ESCAPES_UTF8,	/* within a character */
	ESCAPES_ESC,	/* after ESC */
	ESCAPES_OTHER,	/* after ESC and an intermediate byte: always dropped */
	ESCAPES_CSI,	/* after ESC [ */
	ESCAPES_STRING, /* OSC, DCS, APC, PM, SOS: up to ST or BEL */
	ESCAPES_END,	/* after ESC in a string */
};

/* Zero-initialised: the start of a stream. */
struct escapes {
	enum escapes_state state;
	unsigned char held[ESCAPES_HELD]; /* a sequence that may still pass */
	size_t len;  /* of the sequence so far; bytes over ESCAPES_HELD are not kept */
	size_t want; /* ESCAPES_UTF8: the character's bytes */
};

/*
 * Filters n bytes, which may end anywhere, into out, which has space for n + ESCAPES_HELD. Bytes
 * that are not UTF-8 become "?". Returns the length in out. A pure function of the stream.
 */
size_t escapes_filter(struct escapes *s, const char *in, size_t n, char *out);

/* The same without a filter: out gets all bytes, also those held back until now. For a stream that
 * is filtered only at times. */
size_t escapes_keep(struct escapes *s, const char *in, size_t n, char *out);

/* Writes data to fd: filtered if fd is a terminal, else byte for byte. Returns 0 or -errno. */
_must_check_ int escapes_write(int fd, const char *data, size_t len);

#endif
