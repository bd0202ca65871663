/* SPDX-License-Identifier: MIT */
/*
 * progress.h - what takes long, in one line of the terminal that is there only while it does
 *
 * Theory of operation: what is done is named when it begins; after a second, and each second from
 * then on, a timer's signal (SIGALRM) writes the line, also where the program waits for another or
 * computes. Nothing is written where stderr is no terminal. The line goes before anything else is
 * printed.
 */
#ifndef STOREBOOT_HOST_LIB_PROGRESS_H
#define STOREBOOT_HOST_LIB_PROGRESS_H

#include "init/lib/macro.h"

/* What is done from now on, as "making the initramfs". A line that is there changes at once. */
_printf_(1, 2) void progress_set(const char *fmt, ...);

/* Takes the line away; where progress was set it comes back after a second. */
void progress_clear(void);

/* Ends it: nothing takes long any more. */
void progress_end(void);

/* Somebody else's output is about to be written to fd: on a terminal it takes the line's place for
 * good. */
void progress_yield(int fd);

#endif
