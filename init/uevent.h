/* SPDX-License-Identifier: MIT */
/* uevent.h - wait for a device */
#ifndef STOREBOOT_UEVENT_H
#define STOREBOOT_UEVENT_H

#include "init/lib/macro.h"

/*
 * Calls look(arg), now and after each of the kernel's uevents (netlink(7), NETLINK_KOBJECT_UEVENT),
 * for as long as it says that a device is not there or does not answer yet: -ENOENT, -ENXIO,
 * -ENODEV or -EINTR. Returns what it says in the end, or -ETIMEDOUT at the deadline.
 */
_must_check_ int uevent_wait(int (*look)(void *arg), void *arg, unsigned int deadline_ms);

/* Opens a device node (flags as open(2)) as soon as it is there. Returns the descriptor, or as
 * uevent_wait. */
_must_check_ int uevent_wait_open(const char *node, int flags, unsigned int deadline_ms);

#endif
