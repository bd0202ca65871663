/* SPDX-License-Identifier: MIT */
/* launch.h - making what a run needs, running it, and cleaning up */
#ifndef STOREBOOT_HOST_LAUNCH_H
#define STOREBOOT_HOST_LAUNCH_H

#include "host/run/plan.h"

/* The rescue shell in the initramfs (RESCUE_SHELL_INITRAMFS of init/channel.h). */
#define RESCUE_SHELL_FILE "rescue-shell"

/*
 * Makes the private folder with its files, and the image if there is none. Runs the VM to its end.
 * Leaves no process, and no file except those that the run keeps, such as the image. Signals of
 * signals_of_run must be blocked. Returns 0 with the verdict, or -errno with e.
 */
_must_check_ int launch(struct plan *p, struct verdict *ret, struct err *e);

/*
 * Prints a command, quoted for a shell, that boots the same system by QEMU alone, with the console
 * on its terminal and without the launcher's descriptors. A shell comment lists what else the guest
 * lacks. Makes nothing. Returns 0 or -errno with e.
 */
_must_check_ int launch_print(struct plan *p, struct err *e);

#endif
