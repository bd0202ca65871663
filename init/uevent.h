/* SPDX-License-Identifier: MIT */
/* uevent.h - wait for a device */
#ifndef STOREBOOT_UEVENT_H
#define STOREBOOT_UEVENT_H

#include "init/lib/macro.h"

/*
 * Calls look(arg) now and after each uevent of the kernel (netlink(7), NETLINK_KOBJECT_UEVENT), as
 * long as it returns -ENOENT, -ENXIO, -ENODEV or -EINTR: the device is missing or not ready.
 * Returns any other result of look, -ETIMEDOUT at the deadline, or -errno of the socket.
 */
_must_check_ int uevent_wait(int (*look)(void *arg), void *arg, unsigned int deadline_ms);

/* Waits for a device node and opens it. flags: as open(2). Returns the descriptor, or as
 * uevent_wait. */
_must_check_ int uevent_wait_open(const char *node, int flags, unsigned int deadline_ms);

#endif
