/* SPDX-License-Identifier: MIT */
/* utf8.h - converting text of unknown encoding to UTF-8, as JSON requires */
#ifndef STOREBOOT_HOST_LIB_UTF8_H
#define STOREBOOT_HOST_LIB_UTF8_H

#include <stdbool.h>

#include "init/lib/str.h"

/* The length of the UTF-8 sequence at the start of the len bytes of s; 0 if it is invalid, cut
 * short or NUL, or len is 0 (RFC 3629, section 4). */
size_t utf8_sequence(const char *s, size_t len);

/* Is all of text valid UTF-8? */
bool utf8_is(const char *text);

/* Appends text to ret with each invalid byte replaced by U+FFFD. A pure function. Returns 0 or
 * -ENOMEM. */
_must_check_ int utf8_repair(const char *text, struct buf *ret);

#endif
