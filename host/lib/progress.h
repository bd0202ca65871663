/* SPDX-License-Identifier: MIT */
/*
 * progress.h - a line on the terminal that shows a long operation while it lasts
 *
 * progress_set names the operation when it begins. After a second, and every second from then on, a
 * timer's signal (SIGALRM) writes the line, even while the program computes or waits for another.
 * Nothing is written if stderr is not a terminal. The line is removed before anything else is
 * printed.
 */
#ifndef STOREBOOT_HOST_LIB_PROGRESS_H
#define STOREBOOT_HOST_LIB_PROGRESS_H

#include "init/lib/macro.h"

/* Names the current operation, such as "making the initramfs". A visible line changes at once. */
_printf_(1, 2) void progress_set(const char *fmt, ...);

/* Removes the line. If progress is set, the line returns after a second. */
void progress_clear(void);

/* Removes the line; no long operation is under way any more. */
void progress_end(void);

/* Call before another program writes to fd: if that is a terminal, removes the line for good. */
void progress_yield(int fd);

#endif
