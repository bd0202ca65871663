/* SPDX-License-Identifier: MIT */
/* relay.h - one connection of the guest's to a port of this host */
#ifndef STOREBOOT_HOST_RELAY_H
#define STOREBOOT_HOST_RELAY_H

/*
 * `storeboot relay ADDRESS PORT`, run's own use: QEMU starts it for each connection that --guest-forward leads
 * here, with that as its stdin, stdout and stderr (libslirp's fork_exec), so it says nothing. ADDRESS is IPv4.
 * Returns EXIT_OK once both sides have ended, else an exit status of the same kind as the others'.
 */
int cmd_relay(int argc, char **argv);

#endif
