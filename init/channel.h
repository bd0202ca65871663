/* SPDX-License-Identifier: MIT */
/* channel.h - when and where the agent (init/agent) serves the host */
#ifndef STOREBOOT_CHANNEL_H
#define STOREBOOT_CHANNEL_H

#include <stdbool.h>

#include "init/boot.h"

/* The static shell that the launcher may append to the initramfs, and its path after the switch. */
#define RESCUE_SHELL_INITRAMFS "rescue-shell"
#define RESCUE_SHELL_RUN RUN_FOLDER "/rescue-shell"

/*
 * Starts the agent as a child, which keeps running when PID 1 executes stage 2. The agent opens the
 * port itself, so this does not wait. A failure is a warning; the boot continues. Sets
 * NOTIFY_SOCKET for stage 2.
 */
void channel_start(struct boot *b);

/* Kills the agent after stage 2 could not be executed. */
void channel_stop(struct boot *b);

/* Serves the host after a failed step. Returns true if the host wants the step to be retried. */
_must_check_ bool channel_rescue(struct boot *b);

#endif
