/* SPDX-License-Identifier: MIT */
/* ask.h - a question to the user at the terminal */
#ifndef STOREBOOT_HOST_LIB_ASK_H
#define STOREBOOT_HOST_LIB_ASK_H

#include "init/lib/macro.h"

/* Asks question (one line, no newline) on the terminal of stdin and stderr. No signal is blocked
 * meanwhile. Returns 1 for y or yes, 0 for anything else, -ENOTTY if either is not a terminal. */
_must_check_ int ask_yes(const char *question);

#endif
