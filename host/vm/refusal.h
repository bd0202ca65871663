/* SPDX-License-Identifier: MIT */
/* refusal.h - why QEMU did not start, and whose fault it is */
#ifndef STOREBOOT_HOST_REFUSAL_H
#define STOREBOOT_HOST_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

#include "init/lib/macro.h"

struct refusal {
	int exit_status; /* EXIT_USAGE, EXIT_BAD_INPUT, EXIT_IN_USE or EXIT_MISSING */
	char text[1024]; /* one line */
};

/* Finds the cause in the lines that QEMU wrote to stderr before it exited without starting. argv:
 * its arguments, NULL-terminated; the last `extra` of them are the user's own (QEMU_OPTS,
 * --qemu-opts). net: QEMU_NET_OPTS is not empty. An error in the user's arguments is EXIT_USAGE, in
 * ours EXIT_MISSING, unless the table has another status. A pure function, except that a port that
 * QEMU could not forward is tried again. */
void refusal_of(const char *said, const char *const *argv, size_t extra, bool net,
		struct refusal *ret);

#endif
