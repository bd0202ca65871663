/* SPDX-License-Identifier: MIT */
/* display.h - the guest's screen and its window */
#ifndef STOREBOOT_HOST_DISPLAY_H
#define STOREBOOT_HOST_DISPLAY_H

#include <stdbool.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

/* The values of --graphics. */
enum graphics { GRAPHICS_OFF, GRAPHICS_AUTO, GRAPHICS_GTK, GRAPHICS_SDL, GRAPHICS_NONE };

extern const char *const graphics_words[];

/*
 * Chooses the value of QEMU's -display. It is always named: without it and without a window QEMU
 * opens VNC, on a port without a password. extra: the user's own arguments for QEMU,
 * NULL-terminated or NULL. Returns 0 with the value in *ret (NULL if extra names a display), or
 * -errno with e (EXIT_MISSING): there is no display here, or none that this QEMU supports.
 */
_must_check_ int display_find(enum graphics wanted, const char *qemu, const char *const *extra,
			      const char **ret, struct err *e);

/* Chooses a display from the output of "qemu -display help". Returns a value for -display, or NULL
 * if QEMU has none that wanted allows. A pure function. */
const char *display_in_list(const char *text, enum graphics wanted);

/* Do the user's own arguments for QEMU contain a display adapter? A pure function. */
bool display_is_theirs(const char *const *extra);

#endif
