/* SPDX-License-Identifier: MIT */
/*
 * escapes.c - lets only harmless output reach the terminal
 *
 * Theory of operation: a sequence is held back until its last byte identifies it, and then passes
 * whole or not at all. So the terminal never sees the beginning of a dropped sequence, and the rest
 * of a sequence that breaks off is plain text. The grammar is the usual state machine
 * (https://vt100.net/emu/dec_ansi_parser) with fewer states: dropped sequences are not parsed
 * further.
 */
#include "host/lib/escapes.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "host/lib/harmless.h"
#include "init/lib/file.h"
#include "init/lib/macro.h"

#define ESC 0x1b
#define CAN 0x18
#define SUB 0x1a
#define BEL 0x07
#define STRING_MAX 4096 /* a string without an end must not swallow the whole console */
#define DIGITS_MAX 4	/* a repeat count of millions keeps a terminal busy */

/* The state of one call. */
struct filter {
	struct escapes *s;
	char *out;
	size_t n;
};

static void put(struct filter *f, unsigned char c)
{
	f->out[f->n++] = (char)c;
}

static void begin(struct escapes *s, enum escapes_state state, unsigned char c)
{
	s->state = state;
	s->held[0] = c;
	s->len = 1;
}

static void hold(struct escapes *s, unsigned char c)
{
	if (s->len < ESCAPES_HELD)
		s->held[s->len] = c;
	s->len++;
}

static void drop(struct escapes *s)
{
	s->state = ESCAPES_TEXT;
	s->len = 0;
}

static void pass(struct filter *f)
{
	memcpy(f->out + f->n, f->s->held, f->s->len);
	f->n += f->s->len;
	drop(f->s);
}

/* --- characters ----------------------------------------------------------- */

/* The length of the character that begins with c; 0: none does. */
static size_t utf8_length(unsigned char c)
{
	return c >= 0xc2 && c <= 0xdf ? 2 :
	       c >= 0xe0 && c <= 0xef ? 3 :
	       c >= 0xf0 && c <= 0xf4 ? 4 :
					0;
}

static void in_text(struct filter *f, unsigned char c)
{
	if (c == ESC) {
		begin(f->s, ESCAPES_ESC, c);
	} else if (c >= 0x80) {
		f->s->want = utf8_length(c);
		if (f->s->want)
			begin(f->s, ESCAPES_UTF8, c);
		else
			put(f, '?');
	} else if ((c >= ' ' && c < 0x7f) || (c && strchr("\t\r\n\b", c))) {
		put(f, c);
	}
}

/* Returns whether c was consumed, as all states do. */
static bool in_utf8(struct filter *f, unsigned char c)
{
	struct escapes *s = f->s;

	if ((c & 0xc0) != 0x80) { /* cut short */
		drop(s);
		put(f, '?');
		return false;
	}
	hold(s, c);
	if (s->len < s->want)
		return true;
	if (harmless_char((const char *)s->held, s->len)) {
		pass(f);
	} else {
		drop(s);
		put(f, '?');
	}
	return true;
}

/* --- sequences ------------------------------------------------------------ */

/* The parameters after ESC [ pass if they are numbers, none of them long. */
static bool numbers_pass(const unsigned char *p, size_t len, bool colons)
{
	size_t digits = 0;

	for (size_t i = 0; i < len; i++) {
		bool digit = p[i] >= '0' && p[i] <= '9';

		digits = digit ? digits + 1 : 0;
		if (digits > DIGITS_MAX || !(digit || p[i] == ';' || (colons && p[i] == ':')))
			return false;
	}
	return true;
}

static bool csi_passes(const struct escapes *s)
{
	/* SGR; CUU to CHA, CUP, CHT, CBT, HPA, HPR, VPA, VPR, HVP; ED, EL, ECH; ICH, IL, DL, DCH;
	 * SU. */
	static const char finals[] = "m"
				     "ABCDEFGHIZ`adef"
				     "JKX"
				     "@LMP"
				     "S";
	/* With numbers: SD is mouse tracking, SCOSC and SCORC set margins and more. */
	static const char bare[] = "Tsu";
	unsigned char final = s->held[s->len - 1];
	size_t len = s->len - 3; /* ESC, [ and the final byte */

	if (strchr(bare, final))
		return len == 0;
	return strchr(finals, final) && numbers_pass(s->held + 2, len, final == 'm');
}

static bool in_esc(struct filter *f, unsigned char c)
{
	struct escapes *s = f->s;

	if (c < ' ' || c >= 0x7f) { /* broken off */
		drop(s);
		return false;
	}
	hold(s, c);
	if (c == '[')
		s->state = ESCAPES_CSI;
	else if (strchr("]PX^_", c))
		s->state = ESCAPES_STRING;
	else if (c <= 0x2f)
		s->state = ESCAPES_OTHER;
	else if (strchr("78DEM", c)) /* DECSC, DECRC, IND, NEL, RI */
		pass(f);
	else
		drop(s);
	return true;
}

/* Character sets and the like: dropped with their last byte. */
static bool in_other(struct filter *f, unsigned char c)
{
	bool used = c >= ' ' && c < 0x7f;

	if (!used || c >= 0x30)
		drop(f->s);
	return used;
}

static bool in_csi(struct filter *f, unsigned char c)
{
	struct escapes *s = f->s;

	if (c < ' ' || c >= 0x7f) {
		drop(s);
		return false;
	}
	hold(s, c);
	if (c < 0x40)
		return true;
	if (s->len <= ESCAPES_HELD && csi_passes(s))
		pass(f);
	else
		drop(s);
	return true;
}

static bool in_string(struct filter *f, unsigned char c)
{
	struct escapes *s = f->s;

	if (c == ESC)
		s->state = ESCAPES_END;
	else if (c == BEL || c == CAN || c == SUB || ++s->len > STRING_MAX)
		drop(s);
	return true;
}

/* ESC \ ends a string. Another sequence also ends it, and is parsed by itself. */
static bool in_end(struct filter *f, unsigned char c)
{
	if (c == '\\') {
		drop(f->s);
		return true;
	}
	begin(f->s, ESCAPES_ESC, ESC);
	return false;
}

size_t escapes_filter(struct escapes *s, const char *in, size_t n, char *out)
{
	static bool (*const states[])(struct filter *, unsigned char) = {
		[ESCAPES_UTF8] = in_utf8, [ESCAPES_ESC] = in_esc,	[ESCAPES_OTHER] = in_other,
		[ESCAPES_CSI] = in_csi,	  [ESCAPES_STRING] = in_string, [ESCAPES_END] = in_end,
	};
	struct filter f = { s, out, 0 };

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)in[i];
		bool used = false;

		while (!used && s->state != ESCAPES_TEXT)
			used = states[s->state](&f, c);
		if (!used)
			in_text(&f, c);
	}
	return f.n;
}

size_t escapes_keep(struct escapes *s, const char *in, size_t n, char *out)
{
	const bool whole = s->state == ESCAPES_UTF8 || s->state == ESCAPES_ESC ||
			   (s->state == ESCAPES_CSI && s->len <= ESCAPES_HELD);
	const size_t held = whole ? s->len : 0;

	memcpy(out, s->held, held);
	memcpy(out + held, in, n);
	drop(s);
	return held + n;
}

int escapes_write(int fd, const char *data, size_t len)
{
	char out[4096];
	const size_t piece = sizeof(out) - ESCAPES_HELD;
	struct escapes s = { 0 };
	int r = 0;

	if (isatty(fd) != 1)
		return file_write_all(fd, data, len);
	for (size_t at = 0, n; r == 0 && at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		r = file_write_all(fd, out, escapes_filter(&s, data + at, n, out));
	}
	return r;
}
