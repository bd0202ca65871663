/* SPDX-License-Identifier: MIT */
/* channel.h - when and where the agent (init/agent) listens to the host */
#ifndef STOREBOOT_CHANNEL_H
#define STOREBOOT_CHANNEL_H

#include <stdbool.h>

#include "init/boot.h"

/* The static shell that the launcher may append to the initramfs, and where it is after the switch.
 */
#define RESCUE_SHELL_INITRAMFS "rescue-shell"
#define RESCUE_SHELL_RUN RUN_FOLDER "/rescue-shell"

/*
 * Starts the agent as a process of its own, which outlives the exec of stage 2; it opens the port
 * by itself, so nothing waits for it here. One that cannot is warned of; the boot goes on. Sets
 * NOTIFY_SOCKET for stage 2.
 */
void channel_start(struct boot *b);

/* Stage 2 was not executed after all: ends the agent. */
void channel_stop(struct boot *b);

/* After the step's failure: serves the host until it says how to go on. Returns whether to try
 * again. */
_must_check_ bool channel_rescue(struct boot *b);

#endif
