/* SPDX-License-Identifier: MIT */
/* last_words.h - the cause of the guest's end, from its console output */
#ifndef STOREBOOT_HOST_LAST_WORDS_H
#define STOREBOOT_HOST_LAST_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define LAST_WORDS_PANIC "Kernel panic - not syncing"

/* All are pure functions. console: the end of the output, text with LF or CRLF. */

/* Returns the last panic message, up to the end of the output, or NULL. */
const char *last_words_panic(const char *console);

/* Whether the kernel restarted cleanly after this place in the output. Each kernel logs that at its
 * highest level (kernel_restart in kernel/reboot.c); a kernel that panics does not. */
bool last_words_restarted(const char *from);

/* Returns the kernel's message for too little memory, or NULL. */
const char *last_words_memory(const char *console);

/* Writes the last lines to ret: at most eight, printable, separated by LF. Lines of a register dump
 * or call trace are left out, because the cause is printed before them: those with the kernel's
 * time, and if panicked also those without it. */
void last_words_lines(const char *console, bool panicked, char *ret, size_t size);

#endif
