/* SPDX-License-Identifier: MIT */
/* last_words.h - what the guest's console says of its end */
#ifndef STOREBOOT_HOST_LAST_WORDS_H
#define STOREBOOT_HOST_LAST_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define LAST_WORDS_PANIC "Kernel panic - not syncing"

/* All are pure functions of the end of the console's output, which is text with LF or CRLF. */

/* The last panic's words, up to the end of the output; NULL: there are none. */
const char *last_words_panic(const char *console);

/* Did the kernel restart in good order after this place in the output? Each kernel says so at its
 * highest level (kernel_restart in kernel/reboot.c), and one that panics does not. */
bool last_words_restarted(const char *from);

/* The kernel's words for memory that was not enough; NULL: it said none. */
const char *last_words_memory(const char *console);

/*
 * The last lines, eight at most, printable, separated by LF: into ret of size bytes. The lines of a
 * register dump or call trace are left out, as the cause is printed before them: those that have
 * the kernel's time, and where panicked also those without it.
 */
void last_words_lines(const char *console, bool panicked, char *ret, size_t size);

#endif
