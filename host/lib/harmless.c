/* SPDX-License-Identifier: MIT */
/* harmless.c - text of unknown origin, for a terminal */
#include "host/lib/harmless.h"

#include "host/lib/utf8.h"

size_t harmless_char(const char *text, size_t len)
{
	const size_t n = utf8_sequence(text, len);
	const unsigned char *s = (const unsigned char *)text;

	if (n == 1 && (s[0] < ' ' || s[0] == 0x7f))
		return 0;
	return n == 2 && s[0] == 0xc2 && s[1] < 0xa0 ? 0 : n;
}

void harmless_line(char *line)
{
	size_t n;

	for (char *end = line + strlen(line); line < end; line += n ? n : 1) {
		n = harmless_char(line, (size_t)(end - line));
		if (n == 0 && *line != '\t')
			*line = '?';
	}
}

int harmless_add(struct buf *ret, const char *text, size_t len)
{
	int r = buf_add(ret, "", 0);
	size_t n;

	for (size_t at = 0; r == 0 && at < len; at += n ? n : 1) {
		n = harmless_char(text + at, len - at);
		r = n ? buf_add(ret, text + at, n) :
			buf_addf(ret, "\\%03o", (unsigned char)text[at]);
	}
	return r;
}
