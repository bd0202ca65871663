/* SPDX-License-Identifier: MIT */
/* relay.h - one connection of the guest's to a port of this host */
#ifndef STOREBOOT_HOST_QEMU_RELAY_H
#define STOREBOOT_HOST_QEMU_RELAY_H

/* What a relay ends with. The launcher adopts it as it does file servers, and knows it from them by
 * these, which none of them has. */
enum relay_end {
	RELAY_ENDED = 100, /* both sides have */
	RELAY_CUT,	   /* one side had gone */
	RELAY_REFUSED,	   /* nobody listens at the host's port */
	RELAY_WRONG,	   /* its arguments are */
	RELAY_LAST = RELAY_WRONG,
};

/*
 * `storeboot relay ADDRESS PORT`, run's own use: QEMU starts it for each connection that
 * --guest-forward leads here, with that as its stdin, stdout and stderr (libslirp's fork_exec), so
 * it says nothing. ADDRESS is IPv4. Returns an enum relay_end.
 */
int cmd_relay(int argc, char **argv);

#endif
