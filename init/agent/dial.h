/* SPDX-License-Identifier: MIT */
/* dial.h - a TCP connection to a program in the guest */
#ifndef STOREBOOT_AGENT_DIAL_H
#define STOREBOOT_AGENT_DIAL_H

#include "init/lib/macro.h"

/* Connects to the port of 127.0.0.1, else of ::1. Returns a non-blocking socket, which may still be
 * connecting, or -errno; -ECONNREFUSED if nobody listens. */
_must_check_ int dial(unsigned short port);

#endif
