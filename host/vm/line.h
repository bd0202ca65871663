/* SPDX-License-Identifier: MIT */
/* line.h - a line of another program's output, not copied */
#ifndef STOREBOOT_HOST_VM_LINE_H
#define STOREBOOT_HOST_VM_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct line {
	const char *text; /* not NUL-terminated */
	size_t len;
};

static inline bool line_begins(const struct line *l, const char *text)
{
	return strlen(text) <= l->len && memcmp(l->text, text, strlen(text)) == 0;
}

static inline bool line_has(const struct line *l, const char *text)
{
	return memmem(l->text, l->len, text, strlen(text)) != NULL;
}

/* The line without its first n bytes. */
static inline struct line line_from(const struct line *l, size_t n)
{
	return (struct line){ l->text + n, l->len - n };
}

#endif
