/* SPDX-License-Identifier: MIT */
/* control.h - the control socket of a running VM, for other programs */
#ifndef STOREBOOT_HOST_VMS_CONTROL_H
#define STOREBOOT_HOST_VMS_CONTROL_H

#include "init/lib/err.h"

/* In the VM's folder: whoever may enter that may connect. */
#define CONTROL_NAME "control"

/* Makes the socket and listens. Returns the descriptor, or -errno with e. */
_must_check_ int control_listen(const char *folder, struct err *e);

/* Connects without waiting. Returns the descriptor, or -errno: -EAGAIN if too many connections wait
 * already, -ENOENT or -ECONNREFUSED if nobody listens. */
_must_check_ int control_connect(const char *folder);

#endif
