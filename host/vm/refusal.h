/* SPDX-License-Identifier: MIT */
/* refusal.h - QEMU did not start: whose fault it is, in QEMU's own words */
#ifndef STOREBOOT_HOST_REFUSAL_H
#define STOREBOOT_HOST_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

#include "init/lib/macro.h"

struct refusal {
	int exit_status; /* EXIT_USAGE, EXIT_BAD_INPUT, EXIT_IN_USE or EXIT_MISSING */
	char text[1024]; /* one line */
};

/*
 * Judges the lines that QEMU wrote to stderr before it ended without having started. argv: its
 * arguments, NULL-terminated; the last extra of them are the user's own (QEMU_OPTS, --qemu-opts).
 * net: QEMU_NET_OPTS is not empty. A complaint about the user's arguments is EXIT_USAGE, about ours
 * EXIT_MISSING, except where the table knows better. A pure function, except that a port that QEMU
 * could not forward is tried again.
 */
void refusal_of(const char *said, const char *const *argv, size_t extra, bool net,
		struct refusal *ret);

#endif
