/* SPDX-License-Identifier: MIT */
/* words.c - splitting and quoting words like a shell, without a shell */
#include "host/lib/words.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>

#include "host/lib/harmless.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* In double quotes a backslash quotes only these (POSIX XCU 2.2.3). */
static bool escapes_in_double(char c)
{
	return c == '"' || c == '\\' || c == '$' || c == '`';
}

/* Takes the text in double quotes; *p is after the opening quote. */
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
	/* zsh expands =word to the path of a command. */
	if (*word == '\0' || *word == '=')
		return false;
	for (const char *p = word; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("%+,-./:=@_", *p))
			return false;
	return true;
}

/* The length of the character at p, or 0 if it cannot be pasted: the terminal or the shell's line
 * editor takes a control character for a key. A quoted newline can be. */
static size_t pasted(const char *p)
{
	return *p == '\n' ? 1 : harmless_char(p, strlen(p));
}

static int quote(const char *word, bool to_paste, struct buf *ret)
{
	int r = buf_add(ret, "'", 1);
	size_t n = 1;

	for (const char *p = word; r == 0 && *p; p += n) {
		n = to_paste ? pasted(p) : 1;
		if (*p == '\'')
			r = buf_add(ret, "'\\''", 4);
		else if (n > 0)
			r = buf_add(ret, p, n);
		else
			r = buf_addf(ret, "'\"$(printf '\\%03o')\"'", (unsigned char)*p);
		n += n == 0;
	}
	return r < 0 ? r : buf_add(ret, "'", 1);
}

static int quote_all(const char *const *words, bool to_paste, struct buf *ret)
{
	for (size_t i = 0; words[i]; i++) {
		int r = i ? buf_add(ret, " ", 1) : 0;

		if (r == 0)
			r = is_plain(words[i]) ? buf_add(ret, words[i], strlen(words[i])) :
						 quote(words[i], to_paste, ret);
		if (r < 0)
			return r;
	}
	return 0;
}

int words_quote_all(const char *const *words, struct buf *ret)
{
	return quote_all(words, false, ret);
}

int words_to_paste(const char *const *words, struct buf *ret)
{
	return quote_all(words, true, ret);
}
