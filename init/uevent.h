/* SPDX-License-Identifier: MIT */
/* uevent.h - wait for a device node */
#ifndef STOREBOOT_UEVENT_H
#define STOREBOOT_UEVENT_H

#include "init/lib/macro.h"

/*
 * Opens a device node (flags as open(2)) as soon as it is there and answers, woken by the kernel's
 * uevents (netlink(7), NETLINK_KOBJECT_UEVENT). Returns the descriptor, -ETIMEDOUT at the deadline,
 * or -errno.
 */
_must_check_ int uevent_wait_open(const char *node, int flags, unsigned int deadline_ms);

#endif
