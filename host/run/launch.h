/* SPDX-License-Identifier: MIT */
/* launch.h - making what a run needs, running it, and clearing up */
#ifndef STOREBOOT_HOST_LAUNCH_H
#define STOREBOOT_HOST_LAUNCH_H

#include "host/run/plan.h"

/* The rescue shell in the initramfs (RESCUE_SHELL_INITRAMFS of init/channel.h). */
#define RESCUE_SHELL_FILE "rescue-shell"

/*
 * Makes the private folder and what lies in it and the image where there is none, runs the VM to
 * its end, and leaves no process and no file behind but the image. Signals of signals_of_run must
 * be blocked. Returns 0 with the verdict, or -errno with e.
 */
_must_check_ int launch(struct plan *p, struct verdict *ret, struct err *e);

/*
 * Prints a command that boots the same by QEMU alone, quoted for a shell: the console is where it
 * is started, and what comes by a descriptor of the launcher's is left out. A comment says what
 * else the guest lacks. Makes nothing. Returns 0 or -errno with e.
 */
_must_check_ int launch_print(struct plan *p, struct err *e);

#endif
