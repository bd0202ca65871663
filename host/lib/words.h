/* SPDX-License-Identifier: MIT */
/* words.h - splitting and quoting words like a shell, without a shell */
#ifndef STOREBOOT_HOST_LIB_WORDS_H
#define STOREBOOT_HOST_LIB_WORDS_H

#include "init/lib/str.h"

/*
 * Splits s into words as a POSIX shell does after expansion: white space separates them; '...',
 * "..." and backslash quote (POSIX XCU 2.2). Nothing is expanded: $, `, *, ~ and ; are ordinary
 * characters. Appends the words to ret. Returns 0, -ENOMEM, or -EINVAL if a quote is not closed or
 * s ends in a backslash (ret then has the words before it).
 */
_must_check_ int words_split(const char *s, struct strv *ret);

/* Appends the NULL-terminated words to ret, separated by spaces and quoted if necessary, so that a
 * shell and GLib's g_shell_parse_argv read each as exactly one word. Returns 0 or -ENOMEM. */
_must_check_ int words_quote_all(const char *const *words, struct buf *ret);

/* Like words_quote_all, for pasting into a shell at a terminal: writes control characters, which
 * act as keys there, and invalid UTF-8, which a clipboard does not keep, as printf(1) commands. */
_must_check_ int words_to_paste(const char *const *words, struct buf *ret);

#endif
