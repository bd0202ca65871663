/* SPDX-License-Identifier: MIT */
/* utf8.c - fuzz target: text of unknown encoding becomes UTF-8, and words survive a shell's quoting
 */
#include "host/lib/utf8.h"

#include <stdint.h>
#include <stdlib.h>

#include "host/lib/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* The same by another way of looking: the characters' numbers. */
static bool decodes(const char *text)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	for (const unsigned char *p = (const unsigned char *)text; *p;) {
		const size_t n = *p < 0x80     ? 1 :
				 *p >> 5 == 6  ? 2 :
				 *p >> 4 == 14 ? 3 :
				 *p >> 3 == 30 ? 4 :
						 0;
		uint32_t number = n == 1 ? *p : n ? *p & (0x7fU >> n) : 0;

		if (n == 0)
			return false;
		for (size_t i = 1; i < n; i++) {
			if (p[i] >> 6 != 2)
				return false;
			number = number << 6 | (p[i] & 0x3f);
		}
		if (number < least[n] || number > 0x10ffff || number >> 11 == 0x1b)
			return false;
		p += n;
	}
	return true;
}

static void check_repair(const char *text)
{
	_cleanup_buf_ struct buf fixed = { 0 };

	require(utf8_is(text) == decodes(text));
	require(utf8_repair(text, &fixed) == 0 && utf8_is(fixed.data) && decodes(fixed.data));
	require(strlen(fixed.data) == fixed.len);
	require(!utf8_is(text) || str_eq(fixed.data, text));
}

static void check_words(const char *text)
{
	_cleanup_strv_ struct strv words = { 0 }, again = { 0 };
	_cleanup_buf_ struct buf quoted = { 0 }, pasted = { 0 };
	const char *const one[] = { "echo", text, NULL };

	/* Any text is one word when it is quoted. */
	require(words_quote_all(one, &quoted) == 0 && words_split(quoted.data, &words) == 0);
	require(words.n == 2 && str_eq(words.v[1], text));
	require(words_split(text, &again) == 0 || again.n <= strlen(text));
	/* No byte of a pasted text is a key; a newline is one only outside of quotes. */
	require(words_to_paste(one, &pasted) == 0 && utf8_is(pasted.data));
	for (const char *p = pasted.data; *p; p++)
		require(((unsigned char)*p >= ' ' && *p != 0x7f) || *p == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	require(text != NULL);
	check_repair(text);
	check_words(text);
	free(text);
	return 0;
}
