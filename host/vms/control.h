/* SPDX-License-Identifier: MIT */
/* control.h - the control socket of a running VM, by which other programs reach it */
#ifndef STOREBOOT_HOST_VMS_CONTROL_H
#define STOREBOOT_HOST_VMS_CONTROL_H

#include "init/lib/err.h"

/* In the run's private folder; who may enter that may connect. */
#define CONTROL_NAME "control"

/* Makes it and listens. Returns the descriptor, or -errno with e. */
_must_check_ int control_listen(const char *folder, struct err *e);

/* Connects to it without waiting. Returns the descriptor, or -errno: -EAGAIN where too many wait
 * already, -ENOENT or -ECONNREFUSED where nobody listens. */
_must_check_ int control_connect(const char *folder);

#endif
