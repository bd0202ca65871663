/* SPDX-License-Identifier: MIT */
/* err.h - one failure: its errno and the one line that a person reads */
#ifndef STOREBOOT_ERR_H
#define STOREBOOT_ERR_H

#include "init/lib/macro.h"

/*
 * The function that knows the object fills it, once; everyone above passes it on. Only the
 * program's main or the step runner prints it. The text is one line without a newline: what was
 * tried, on which object, why it failed, the disk's state where that matters, what to do where that
 * is known.
 */
struct err {
	int num;	 /* positive errno value; 0: no error */
	int exit_status; /* host only: the exit code of DESIGN's table; 0: the caller's default */
	char text[1024];
};

/*
 * Fills *e. num: an errno value, positive or negative. Text longer than the buffer is cut;
 * e->text itself may be an argument.
 * Returns -num (negative), so that a caller can write: return err_set(e, ENOENT, "...").
 */
_printf_(3, 4) int err_set(struct err *e, int num, const char *fmt, ...);

/* Like err_set, and appends ": " and strerror(num). */
_printf_(3, 4) int err_sys(struct err *e, int num, const char *fmt, ...);

/* Like err_set, and sets exit_status (sysexits-like codes, host/lib/exit.h). */
_printf_(4, 5) int err_exit(struct err *e, int exit_status, int num, const char *fmt, ...);

#endif
