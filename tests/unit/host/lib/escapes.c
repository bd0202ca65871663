/* SPDX-License-Identifier: MIT */
/* escapes.c - tests of the filter in front of the terminal */
#include "host/lib/escapes.h"

#include <stdlib.h>

#include "init/lib/str.h"
#include "tests/lib/test.h"

static const struct {
	const char *what, *in, *want;
} rows[] = {
	{ "text", "plain text, 100%\r\n\tand\bmore", "plain text, 100%\r\n\tand\bmore" },
	{ "UTF-8", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
	  "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80" },
	{ "colours", "\33[0;1;31mred\33[m \33[38;2;1;2;3mx\33[48:5:17my",
	  "\33[0;1;31mred\33[m \33[38;2;1;2;3mx\33[48:5:17my" },
	{ "cursor",
	  "\33[A\33[2B\33[H\33[3;4H\33[5G\33[s\33[u\33"
	  "7\33"
	  "8\33M",
	  "\33[A\33[2B\33[H\33[3;4H\33[5G\33[s\33[u\33"
	  "7\33"
	  "8\33M" },
	{ "erase", "\33[J\33[2J\33[K\33[1K\33[3X\33[2P\33[@\33[L\33[M",
	  "\33[J\33[2J\33[K\33[1K\33[3X\33[2P\33[@\33[L\33[M" },
	{ "title, BEL", "a\33]0;owned\7b", "ab" },
	{ "title, ST", "a\33]2;owned\33\\b", "ab" },
	{ "clipboard", "a\33]52;c;cm0gLXJm\7b", "ab" },
	{ "hyperlink", "a\33]8;;http://x\33\\b\33]8;;\33\\c", "abc" },
	{ "DCS, APC, PM, SOS", "a\33Pq#0\33\\b\33_Gx\33\\c\33^x\33\\d\33Xx\33\\e", "abcde" },
	{ "DECRQSS", "a\33P$q\"p\33\\b", "ab" },
	{ "a string broken off", "a\33]0;x\30b\33Px\32c", "abc" },
	{ "a string with an ESC in it", "a\33]0;x\33[31mb", "a\33[31mb" },
	{ "status report", "a\33[5n\33[6nb\33[?6nc", "abc" },
	{ "device attributes", "a\33[c\33[0c\33[>c\33[=cb\33Zc", "abc" },
	{ "window", "a\33[8;1;1t\33[21tb", "ab" },
	{ "reset",
	  "a\33"
	  "cb\33[!pc",
	  "abc" },
	{ "private modes", "a\33[?1049h\33[?1000h\33[?2004h\33[?25lb", "ab" },
	{ "modes", "a\33[4h\33[20lb\33=c\33>d", "abcd" },
	{ "margins", "a\33[2;3r\33[1;2sb", "ab" },
	{ "mouse tracking", "a\33[1;2;3;4;5Tb\33[Tc", "ab\33[Tc" },
	{ "key modes", "a\33[>4;2m\33[?4mb\33[=1;1u\33[>1uc", "abc" },
	{ "repeat", "a\33[9999b!", "a!" },
	{ "charsets", "a\33(0b\33)Bc\33%Gd\33#8e\16f\17g\33Nh\33Oi\33nj\33~k", "abcdefghijk" },
	{ "media copy", "a\33[5ib", "ab" },
	{ "LEDs", "a\33[1qb\33[2 qc", "abc" },
	{ "intermediates", "a\33[1$mb\33[ @c", "abc" },
	{ "a parameter of other kind", "a\33[1<mb\33[<mc\33[1:2Ad", "abcd" },
	{ "huge counts", "a\33[99999Bb\33[9999Bc", "ab\33[9999Bc" },
	{ "controls", "a\1\2\5\6\7\13\14\24\177b", "ab" },
	{ "8-bit controls",
	  "a\x9b"
	  "31mb\x90x\x9d"
	  "0;t\x9c\x85",
	  "a?31mb?x?0;t??" },
	{ "8-bit controls in UTF-8",
	  "a\xc2\x9b"
	  "31mb\xc2\x9d\xc2\x80\xc2\x9f\xc2\xa0",
	  "a?31mb???\xc2\xa0" },
	{ "bytes that are no UTF-8", "\xff\xc0\xaf\xed\xa0\x80\xe2\x82X\xf4\x90\x80\x80",
	  "????\?X?" },
	{ "ESC ESC", "\33\33[31ma\33\33\33]0;x\7b", "\33[31mab" },
	{ "a sequence broken off", "a\33[3\n1mb\33\nc\33[\33[1md", "a\n1mb\nc\33[1md" },
	{ "UTF-8 in a sequence",
	  "a\33[3\xc3\xbc"
	  "1mb",
	  "a\xc3\xbc"
	  "1mb" },
};

/* In pieces of a size, each into a room of its own, so that a write behind it is seen. */
static void filter(const char *in, size_t len, size_t piece, struct buf *ret)
{
	struct escapes s = { 0 };

	CHECK_INT(buf_add(ret, "", 0), 0);
	for (size_t at = 0; at < len; at += piece) {
		size_t n = len - at < piece ? len - at : piece;
		char *out = malloc(n + ESCAPES_HELD);

		CHECK_INT(buf_add(ret, out, escapes_filter(&s, in + at, n, out)), 0);
		free(out);
	}
}

static void what_passes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t piece = 1; piece < 8; piece++) {
			_cleanup_buf_ struct buf b = { 0 };

			filter(rows[i].in, strlen(rows[i].in), piece, &b);
			if (strcmp(b.data, rows[i].want) != 0)
				printf("# %s, in pieces of %zu\n", rows[i].what, piece);
			CHECK_STR(b.data, rows[i].want);
		}
}

static void the_longest(void)
{
	char text[ESCAPES_HELD + 32];

	/* ESC [ n m: as long as what is held, and one more. */
	for (size_t len = ESCAPES_HELD; len <= ESCAPES_HELD + 1; len++) {
		_cleanup_buf_ struct buf b = { 0 };

		memset(text, ';', sizeof(text));
		text[0] = '\33';
		text[1] = '[';
		text[len - 1] = 'm';
		text[len] = '.';
		filter(text, len + 1, 5, &b);
		CHECK_INT(b.len, len <= ESCAPES_HELD ? len + 1 : 1);
	}
}

static void a_string_without_an_end(void)
{
	_cleanup_buf_ struct buf in = { 0 }, b = { 0 };

	CHECK_INT(buf_add(&in, "\33]0;", 4), 0);
	for (int i = 0; i < 5000; i++)
		CHECK_INT(buf_add(&in, "x", 1), 0);
	filter(in.data, in.len, 1000, &b);
	CHECK(b.len > 0 && b.len < 1000);
}

/* A stream whose filter ends in the middle of a sequence, or of a string that was dropped. */
static void what_was_held_back_is_kept(void)
{
	struct escapes s = { 0 };
	char out[64 + ESCAPES_HELD];
	size_t n = escapes_filter(&s, "a\33[3", 4, out);

	CHECK_INT(n, 1);
	n = escapes_keep(&s, "1mb\33]", 5, out);
	CHECK(n == 8 && memcmp(out, "\33[31mb\33]", n) == 0);
	CHECK_INT(escapes_filter(&s, "\33]0;x", 5, out), 0);
	n = escapes_keep(&s, "y", 1, out);
	CHECK(n == 1 && out[0] == 'y');
}

int main(void)
{
	RUN(what_passes);
	RUN(the_longest);
	RUN(a_string_without_an_end);
	RUN(what_was_held_back_is_kept);
	TEST_END();
}
