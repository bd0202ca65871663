/* SPDX-License-Identifier: MIT */
/* servers.h - whether a run's file servers still work, by how they end */
#ifndef STOREBOOT_HOST_SERVERS_H
#define STOREBOOT_HOST_SERVERS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Each connection of the guest has its own server, and the guest reconnects when one ends: a server
 * that crashed or was killed is no loss. If one after the other fails, the share is gone for good,
 * and the guest would wait for it forever. A server that runs beside QEMU is alone: nobody starts
 * another. Zero-initialised: none has ended.
 */
struct servers {
	unsigned int failed; /* in a row */
	bool alone;
	uint64_t first_us, last_us;
	uint64_t well_us; /* when a server that had come up ended; 0: none, or alone */
	int status;	  /* wait(2) status of the last failure, by exit if there was one */
};

/* A server has ended. status: as from wait(2). */
void servers_ended(struct servers *s, int status, uint64_t now_us);

/* Whether no server comes up any more. */
bool servers_gone(const struct servers *s);

/* Whether the last server failed. Ask only after the guest's end: a server that came up again exits
 * cleanly when the guest closes its connection. For a server that is alone use servers_gone(). */
bool servers_lost(const struct servers *s);

#endif
