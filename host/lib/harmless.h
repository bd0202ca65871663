/* SPDX-License-Identifier: MIT */
/*
 * harmless.h - text of unknown origin, for a terminal
 *
 * A name or message may come from a guest, an image or an initramfs. A terminal obeys control
 * characters: C0, DEL, and C1, which is a single byte on a terminal without UTF-8 and two bytes on
 * one with UTF-8. So of such text only valid UTF-8 without control characters is printed. For a
 * stream, of which colours and cursor movements shall pass, see escapes.h.
 */
#ifndef STOREBOOT_HOST_LIB_HARMLESS_H
#define STOREBOOT_HOST_LIB_HARMLESS_H

#include "init/lib/str.h"

/* The length of the character at the start of the len bytes of text; 0 if it is a control
 * character or no UTF-8, or len is 0. */
size_t harmless_char(const char *text, size_t len);

/* Replaces all other bytes of line, except tabs, by "?". */
void harmless_line(char *line);

/* Appends text to ret with all other bytes as \ooo, their octal value. Returns 0 or -ENOMEM. */
_must_check_ int harmless_add(struct buf *ret, const char *text, size_t len);

#endif
