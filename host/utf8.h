/* SPDX-License-Identifier: MIT */
/* utf8.h - text of unknown encoding as UTF-8, which JSON must be */
#ifndef STOREBOOT_HOST_UTF8_H
#define STOREBOOT_HOST_UTF8_H

#include "init/lib/str.h"

/* Text as JSON has to have it: a byte that is no UTF-8 becomes U+FFFD. A pure function. Returns 0 or
 * -ENOMEM. */
_must_check_ int utf8_repair(const char *text, struct buf *ret);

#endif
