/* SPDX-License-Identifier: MIT */
/* relay.h - one connection from the guest to a port of this host */
#ifndef STOREBOOT_HOST_QEMU_RELAY_H
#define STOREBOOT_HOST_QEMU_RELAY_H

/* Exit status of a relay. The launcher adopts relays as it does file servers, and tells them apart
 * by these values, which no file server uses. */
enum relay_end {
	RELAY_ENDED = 100, /* both sides closed */
	RELAY_CUT,	   /* one side broke off */
	RELAY_REFUSED,	   /* no connection to the host's port */
	RELAY_WRONG,	   /* bad arguments */
	RELAY_FULL,	   /* the guest has as many connections as it may */
	RELAY_LAST = RELAY_FULL,
};

/* The limit on a guest's connections to all its forwarded ports. */
#define RELAYS_MAX 64

/* `storeboot relay ADDRESS PORT [PREFIX]`, internal: QEMU starts it for each connection of
 * --guest-forward. The connection is its stdin, stdout and stderr (libslirp's fork_exec), so it
 * prints nothing. ADDRESS is IPv4. PREFIX: of the slots of a run's relays (host/lib/slot.h).
 * Returns an enum relay_end. */
int cmd_relay(int argc, char **argv);

#endif
