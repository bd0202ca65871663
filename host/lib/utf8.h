/* SPDX-License-Identifier: MIT */
/* utf8.h - text of unknown encoding as UTF-8, which JSON must be */
#ifndef STOREBOOT_HOST_LIB_UTF8_H
#define STOREBOOT_HOST_LIB_UTF8_H

#include <stdbool.h>

#include "init/lib/str.h"

/* The bytes of the UTF-8 sequence that s begins with; 0: it is none, or s is empty (RFC 3629,
 * section 4). */
size_t utf8_sequence(const char *s);

/* Is all of it UTF-8? */
bool utf8_is(const char *text);

/* Text as JSON has to have it: a byte that is no UTF-8 becomes U+FFFD. A pure function. Returns 0
 * or -ENOMEM. */
_must_check_ int utf8_repair(const char *text, struct buf *ret);

#endif
