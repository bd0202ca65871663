/* SPDX-License-Identifier: MIT */
/* ask.h - a question to who sits at the terminal */
#ifndef STOREBOOT_HOST_LIB_ASK_H
#define STOREBOOT_HOST_LIB_ASK_H

#include "init/lib/macro.h"

/*
 * Asks question, a line without its end, on the terminal that stdin and stderr are. Signals act
 * meanwhile as they do by default. Returns 1 for y or yes, 0 for anything else, -ENOTTY where there
 * is no terminal.
 */
_must_check_ int ask_yes(const char *question);

#endif
