/* SPDX-License-Identifier: MIT */
/*
 * escapes.h - lets only harmless output reach the terminal
 *
 * A terminal obeys what is printed on it: it sends answers as if they were typed, sets its title
 * and clipboard, changes what its keys send, resizes its window. What passes here is text, the
 * colours, the cursor's movements within the screen, and what erases, inserts and deletes there;
 * all else is dropped. The names are those of ECMA-48 and of xterm's ctlseqs.
 */
#ifndef STOREBOOT_HOST_TERMINAL_ESCAPES_H
#define STOREBOOT_HOST_TERMINAL_ESCAPES_H

#include <stddef.h>

#define ESCAPES_HELD 64 /* the longest sequence that passes; the most that is held back */

enum escapes_state {
	ESCAPES_TEXT,
	ESCAPES_UTF8,	/* within a character */
	ESCAPES_ESC,	/* behind ESC */
	ESCAPES_OTHER,	/* behind ESC and an intermediate byte: nothing of that kind passes */
	ESCAPES_CSI,	/* behind ESC [ */
	ESCAPES_STRING, /* OSC, DCS, APC, PM, SOS: up to ST or BEL */
	ESCAPES_END,	/* behind ESC in one */
};

/* Zero-initialised is the start. */
struct escapes {
	enum escapes_state state;
	unsigned char held[ESCAPES_HELD]; /* of what may still turn out harmless */
	size_t len;  /* of the sequence so far; what is over ESCAPES_HELD is not kept */
	size_t want; /* ESCAPES_UTF8: the character's bytes */
};

/*
 * Filters n bytes, which may end anywhere, into out, which has room for n + ESCAPES_HELD. Bytes
 * that are no UTF-8 become "?". Returns how many bytes are in out. A pure function of the stream.
 */
size_t escapes_filter(struct escapes *s, const char *in, size_t n, char *out);

#endif
