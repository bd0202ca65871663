/* SPDX-License-Identifier: MIT */
/* terminal.h - the user's terminal while its keys are the guest's */
#ifndef STOREBOOT_HOST_TERMINAL_H
#define STOREBOOT_HOST_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "init/lib/macro.h"

struct terminal {
	bool there;	      /* stdin and stdout are a terminal */
	bool raw;	      /* its modes were changed */
	struct termios modes; /* as they were before */
	bool escape;	      /* the escape key was typed */
	bool quit;	      /* the user typed the escape key and x */
};

/* Notes whether stdin and stdout are a terminal, and its modes. */
void terminal_look(struct terminal *t);

/* After terminal_look: every key goes to the guest but the escape key, Ctrl-a. Returns whether it is so. */
bool terminal_raw(struct terminal *t);

/* Gives the terminal its modes back; also where it never was raw. */
void terminal_restore(struct terminal *t);

/*
 * Of n keys that were typed those that are for the guest, in place; returns how many. Ctrl-a x sets
 * t->quit; Ctrl-a a and Ctrl-a Ctrl-a are one Ctrl-a for the guest; Ctrl-a and any other key are nothing.
 */
size_t terminal_keys(struct terminal *t, char *keys, size_t n);

/* Its size. Returns 0, or -ENOTTY where there is none. */
_must_check_ int terminal_size(unsigned short *ret_rows, unsigned short *ret_columns);

#endif
