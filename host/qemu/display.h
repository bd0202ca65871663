/* SPDX-License-Identifier: MIT */
/* display.h - the guest's screen, and the window it is shown in */
#ifndef STOREBOOT_HOST_DISPLAY_H
#define STOREBOOT_HOST_DISPLAY_H

#include <stdbool.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

/* As --graphics has them. */
enum graphics { GRAPHICS_OFF, GRAPHICS_AUTO, GRAPHICS_GTK, GRAPHICS_SDL, GRAPHICS_NONE };

extern const char *const graphics_words[];

/*
 * Which of QEMU's displays to name, so that it never opens one of its own choice: without a window
 * that is VNC, on a port without a password. extra: the user's words for QEMU, NULL-terminated or
 * NULL. Returns 0 with the value of -display in *ret, or NULL there: the user's words name one.
 * Else -errno with e (EXIT_MISSING): no display here, or none that this QEMU can use.
 */
_must_check_ int display_find(enum graphics wanted, const char *qemu, const char *const *extra,
			      const char **ret, struct err *e);

/* Chooses a display from the output of "qemu -display help". Returns a value for -display, or NULL:
 * QEMU has none that wanted allows. A pure function. */
const char *display_in_list(const char *text, enum graphics wanted);

/* Do the user's words for QEMU bring a display adapter? A pure function. */
bool display_is_theirs(const char *const *extra);

#endif
