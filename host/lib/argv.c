/* SPDX-License-Identifier: MIT */
/* argv.c - building a program's arguments, with one error check at the end */
#include "host/lib/argv.h"

#include <errno.h>
#include <stdarg.h>

#include "host/lib/words.h"

void argv_free(struct argv *a)
{
	strv_free(&a->words);
	free(a->fds);
	*a = (struct argv){ 0 };
}

void argv_fail(struct argv *a, int error)
{
	if (a->error == 0)
		a->error = error;
}

static void add(struct argv *a, const char *word)
{
	if (a->error == 0)
		a->error = strv_add(&a->words, word);
}

/* Returns the text, to be freed, or NULL on failure. */
_printf_(2, 0) static char *format(struct argv *a, const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0) {
		argv_fail(a, -ENOMEM);
		return NULL;
	}
	return text;
}

static void append(struct argv *a, const char *text)
{
	char **last, *both;

	if (a->error < 0)
		return;
	last = &a->words.v[a->words.n - 1];
	if (asprintf(&both, "%s%s", *last, text) < 0) {
		a->error = -ENOMEM;
		return;
	}
	free(*last);
	*last = both;
}

void argv_more(struct argv *a, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = format(a, fmt, ap);
	va_end(ap);
	append(a, text);
}

void argv_word(struct argv *a, const char *fmt, ...)
{
	_cleanup_free_ char *word = NULL;
	va_list ap;

	va_start(ap, fmt);
	word = format(a, fmt, ap);
	va_end(ap);
	add(a, word);
}

void argv_list(struct argv *a, const char *const *list)
{
	for (; list && *list; list++)
		add(a, *list);
}

void argv_value(struct argv *a, const char *value)
{
	_cleanup_buf_ struct buf b = { 0 };

	for (; a->error == 0 && *value; value++)
		a->error = *value == ',' ? buf_add(&b, ",,", 2) : buf_add(&b, value, 1);
	append(a, b.len > 0 ? b.data : "");
}

void argv_command(struct argv *a, const char *const *words)
{
	_cleanup_buf_ struct buf b = { 0 };

	argv_fail(a, words_quote_all(words, &b));
	argv_value(a, b.len > 0 ? b.data : "");
}

int argv_fd(struct argv *a, int fd)
{
	int *fds = a->error == 0 ? reallocarray(a->fds, a->n_fds + 2, sizeof(*fds)) : NULL;

	if (!fds) {
		argv_fail(a, -ENOMEM);
		return fd;
	}
	a->fds = fds;
	fds[a->n_fds++] = fd;
	fds[a->n_fds] = -1;
	return fd;
}

void argv_join(struct argv *a, const struct argv *other)
{
	argv_list(a, (const char *const *)other->words.v);
	for (size_t i = 0; i < other->n_fds; i++)
		argv_fd(a, other->fds[i]);
	argv_fail(a, other->error);
}
