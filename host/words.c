/* SPDX-License-Identifier: MIT */
/* words.c - words as a shell splits and quotes them, without a shell */
#include "host/words.h"

#include <ctype.h>
#include <errno.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Inside double quotes a backslash quotes only these (POSIX XCU 2.2.3). */
static bool escapes_in_double(char c)
{
	return c == '"' || c == '\\' || c == '$' || c == '`';
}

/* Takes what stands between double quotes; *p is behind the first one. */
static int take_double(const char **p, struct buf *word)
{
	const char *s = *p;
	int r;

	for (; *s != '"'; s++) {
		if (*s == '\0')
			return -EINVAL;
		if (s[0] == '\\' && s[1] == '\n') {
			s++;
			continue;
		}
		if (s[0] == '\\' && escapes_in_double(s[1]))
			s++;
		r = buf_add(word, s, 1);
		if (r < 0)
			return r;
	}
	*p = s + 1;
	return 0;
}

static int take_single(const char **p, struct buf *word)
{
	const char *end = strchr(*p, '\'');
	int r;

	if (!end)
		return -EINVAL;
	r = buf_add(word, *p, (size_t)(end - *p));
	*p = end + 1;
	return r;
}

/* Takes the next piece of a word: a quoted part or one character. */
static int take_piece(const char **p, struct buf *word)
{
	char c = *(*p)++;

	switch (c) {
	case '\'':
		return take_single(p, word);
	case '"':
		return take_double(p, word);
	case '\\':
		c = *(*p)++;
		if (c == '\0')
			return -EINVAL;
		return c == '\n' ? 0 : buf_add(word, &c, 1);
	default:
		return buf_add(word, &c, 1);
	}
}

int words_split(const char *s, struct strv *ret)
{
	for (;;) {
		_cleanup_buf_ struct buf word = { 0 };
		int r;

		while (is_space(*s))
			s++;
		if (*s == '\0')
			return 0;
		r = buf_reserve(&word, 16); /* "" is a word too */
		while (r == 0 && *s && !is_space(*s))
			r = take_piece(&s, &word);
		if (r == 0)
			r = strv_add(ret, word.data);
		if (r < 0)
			return r;
	}
}

static bool is_plain(const char *word)
{
	if (*word == '\0')
		return false;
	for (const char *p = word; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("%+,-./:=@_", *p))
			return false;
	return true;
}

int words_quote(const char *word, struct buf *ret)
{
	int r;

	if (is_plain(word))
		return buf_add(ret, word, strlen(word));
	r = buf_add(ret, "'", 1);
	for (const char *p = word; r == 0 && *p; p++)
		r = *p == '\'' ? buf_add(ret, "'\\''", 4) : buf_add(ret, p, 1);
	return r < 0 ? r : buf_add(ret, "'", 1);
}

int words_quote_all(const char *const *words, struct buf *ret)
{
	for (size_t i = 0; words[i]; i++) {
		int r = i ? buf_add(ret, " ", 1) : 0;

		if (r == 0)
			r = words_quote(words[i], ret);
		if (r < 0)
			return r;
	}
	return 0;
}
