/* SPDX-License-Identifier: MIT */
/* str.h - strings in fixed buffers, a growing buffer, a vector of strings */
#ifndef STOREBOOT_STR_H
#define STOREBOOT_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "init/lib/macro.h"

static inline bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* Returns the rest of s after prefix, or NULL if s does not start with it. */
static inline const char *str_after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

bool str_ends(const char *s, const char *suffix);

/* snprintf(3) that fails if it truncates. Returns 0, or -ENAMETOOLONG with dst empty. */
_must_check_ _printf_(3, 4) int str_format(char *dst, size_t size, const char *fmt, ...);

/* A growing buffer; zeroed is empty. Once allocated, data ends with a NUL that len does not
 * count. */
struct buf {
	char *data;
	size_t len;
	size_t room;
};

/* Both return 0, or -ENOMEM with the buffer unchanged. */
_must_check_ int buf_add(struct buf *b, const void *data, size_t len);
_must_check_ _printf_(2, 3) int buf_addf(struct buf *b, const char *fmt, ...);
/* Allocates for at least extra more bytes and the NUL. Returns as above. */
_must_check_ int buf_reserve(struct buf *b, size_t extra);
void buf_free(struct buf *b);

#define _cleanup_buf_ _cleanup_(buf_free)

/* A NULL-terminated vector of strings that it owns, for argv. Zeroed is empty. */
struct strv {
	char **v;
	size_t n;
};

_must_check_ int strv_add(struct strv *s, const char *str);
/* Adds a NULL-terminated list. On failure the strings before the failing one are added. */
_must_check_ int strv_add_all(struct strv *s, const char *const *strs);
_must_check_ _printf_(2, 3) int strv_addf(struct strv *s, const char *fmt, ...);
void strv_free(struct strv *s);

#define _cleanup_strv_ _cleanup_(strv_free)

#endif
