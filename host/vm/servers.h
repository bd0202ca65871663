/* SPDX-License-Identifier: MIT */
/* servers.h - whether the file servers of a run still come up, by how they end */
#ifndef STOREBOOT_HOST_SERVERS_H
#define STOREBOOT_HOST_SERVERS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * There is one server for each connection of the guest's, and the guest connects again when one
 * ends: a server that crashed or was killed is no loss. When one after the other fails, the share
 * is gone for good, and the guest would wait for it for ever. A server that runs beside QEMU is
 * alone: nobody starts another. Zero-initialised: none has ended.
 */
struct servers {
	unsigned int failed; /* in a row */
	bool alone;
	uint64_t first_us, last_us;
	uint64_t well_us; /* when one ended that had come up; 0: none has, or it is alone */
	int status;	  /* of the last one that ended by itself, as wait(2) gives it */
};

/* One has ended. */
void servers_ended(struct servers *s, int status, uint64_t now_us);

/* Whether none comes up any more. */
bool servers_gone(const struct servers *s);

/* Whether the last one failed. One that came up again ends well when the guest closes its
 * connection, so to be asked when the guest has ended. Of a server that is alone servers_gone()
 * tells as much. */
bool servers_lost(const struct servers *s);

#endif
