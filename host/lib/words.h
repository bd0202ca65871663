/* SPDX-License-Identifier: MIT */
/* words.h - words as a shell splits and quotes them, without a shell */
#ifndef STOREBOOT_HOST_LIB_WORDS_H
#define STOREBOOT_HOST_LIB_WORDS_H

#include "init/lib/str.h"

/*
 * Splits s into words as a POSIX shell does after expansion: white space separates, '...', "..."
 * and backslash quote (POSIX XCU 2.2). Nothing is expanded: $, `, *, ~ and ; stand for themselves.
 * Appends the words to ret. Returns 0, -EINVAL where a quote is not closed or a backslash ends s
 * (ret then has the words before it), or -ENOMEM.
 */
_must_check_ int words_split(const char *s, struct strv *ret);

/*
 * Appends the NULL-terminated words to ret, a space between, each quoted where it must be so that a
 * shell and GLib's g_shell_parse_argv read it as exactly this one word. Returns 0 or -ENOMEM.
 */
_must_check_ int words_quote_all(const char *const *words, struct buf *ret);

/*
 * The same for a person to paste into a shell's terminal: printf(1) writes what is a key there, and
 * a byte that is no UTF-8, which a clipboard does not keep.
 */
_must_check_ int words_to_paste(const char *const *words, struct buf *ret);

#endif
