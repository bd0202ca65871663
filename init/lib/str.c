/* SPDX-License-Identifier: MIT */
/* str.c - strings in fixed buffers, a growing buffer, a vector of strings */
#include "init/lib/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

int str_format(char *dst, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(dst, size, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < size)
		return 0;
	if (size > 0)
		dst[0] = '\0';
	return -ENAMETOOLONG;
}

int buf_reserve(struct buf *b, size_t extra)
{
	size_t want, room = b->room ? b->room : 256;
	char *p;

	if (extra > SIZE_MAX / 2 - b->len - 1)
		return -ENOMEM;
	want = b->len + extra + 1;
	if (want <= b->room)
		return 0;
	while (room < want)
		room *= 2;
	p = realloc(b->data, room);
	if (!p)
		return -ENOMEM;
	b->data = p;
	b->room = room;
	b->data[b->len] = '\0';
	return 0;
}

int buf_add(struct buf *b, const void *data, size_t len)
{
	int r = buf_reserve(b, len);

	if (r < 0)
		return r;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int buf_addf(struct buf *b, const char *fmt, ...)
{
	_cleanup_free_ char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0) {
		s = NULL;
		return -ENOMEM;
	}
	return buf_add(b, s, (size_t)n);
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

/* Takes ownership of the string, also on failure. */
static int strv_push(struct strv *s, char *owned)
{
	char **v = realloc(s->v, (s->n + 2) * sizeof(*v));

	if (!v) {
		free(owned);
		return -ENOMEM;
	}
	s->v = v;
	s->v[s->n++] = owned;
	s->v[s->n] = NULL;
	return 0;
}

int strv_add(struct strv *s, const char *str)
{
	char *copy = strdup(str);

	return copy ? strv_push(s, copy) : -ENOMEM;
}

int strv_add_all(struct strv *s, const char *const *strs)
{
	int r = 0;

	for (size_t i = 0; r == 0 && strs[i]; i++)
		r = strv_add(s, strs[i]);
	return r;
}

int strv_addf(struct strv *s, const char *fmt, ...)
{
	char *str;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&str, fmt, ap);
	va_end(ap);
	return n < 0 ? -ENOMEM : strv_push(s, str);
}

void strv_free(struct strv *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	*s = (struct strv){ 0 };
}
