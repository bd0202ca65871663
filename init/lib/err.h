/* SPDX-License-Identifier: MIT */
/* err.h - an error: its errno and one line of text for the user */
#ifndef STOREBOOT_ERR_H
#define STOREBOOT_ERR_H

#include "init/lib/macro.h"

/* The function that knows the object fills it; its callers pass it on, and the top level prints it.
 * The text is one line without a newline: the action, the object, the reason and, where known, the
 * state of the disk and a remedy. */
struct err {
	int num;	 /* positive errno value; 0: no error */
	int exit_status; /* host only: an exit code (host/lib/exit.h); 0: the caller's default */
	char text[1024];
};

/* Fills *e. num: an errno value, positive or negative. Long text is truncated; e->text may be one
 * of the arguments. Returns the negative errno value, for: return err_set(e, ENOENT, "..."). */
_printf_(3, 4) int err_set(struct err *e, int num, const char *fmt, ...);

/* Like err_set, and appends ": " and strerror(num). */
_printf_(3, 4) int err_sys(struct err *e, int num, const char *fmt, ...);

/* Like err_set, and sets exit_status (host/lib/exit.h). */
_printf_(4, 5) int err_exit(struct err *e, int exit_status, int num, const char *fmt, ...);

#endif
