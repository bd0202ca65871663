/* SPDX-License-Identifier: MIT */
/* utf8.c - converting text of unknown encoding to UTF-8, as JSON requires */
#include "host/lib/utf8.h"

size_t utf8_sequence(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	static const struct {
		unsigned char first, last, low, high, len;
	} forms[] = {
		{ 0x01, 0x7f, 0x00, 0xff, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (len < forms[i].len || s[0] < forms[i].first || s[0] > forms[i].last)
			continue;
		if (forms[i].len > 1 && (s[1] < forms[i].low || s[1] > forms[i].high))
			return 0;
		for (size_t k = 2; k < forms[i].len; k++)
			if (s[k] < 0x80 || s[k] > 0xbf)
				return 0;
		return forms[i].len;
	}
	return 0;
}

bool utf8_is(const char *text)
{
	const char *end = text + strlen(text);
	size_t n;

	for (; text < end; text += n) {
		n = utf8_sequence(text, (size_t)(end - text));
		if (n == 0)
			return false;
	}
	return true;
}

int utf8_repair(const char *text, struct buf *ret)
{
	const char *end = text + strlen(text);
	int r = buf_add(ret, "", 0);

	while (r == 0 && text < end) {
		size_t n = utf8_sequence(text, (size_t)(end - text));

		r = n > 0 ? buf_add(ret, text, n) : buf_add(ret, "\xef\xbf\xbd", 3);
		text += n > 0 ? n : 1;
	}
	return r;
}
