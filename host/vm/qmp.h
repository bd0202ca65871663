/* SPDX-License-Identifier: MIT */
/* qmp.h - QEMU's monitor: greeting, events and replies */
#ifndef STOREBOOT_HOST_QMP_H
#define STOREBOOT_HOST_QMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/macro.h"

struct json_tokener;

/* BLOCK_IO_ERROR: the host could not write or read a disk, and the guest got an error. */
struct qmp_io_error {
	char node[32];	   /* the disk's topmost node */
	char operation[8]; /* "write" or "read" */
	char reason[128];  /* as from strerror(3) */
	bool no_space;	   /* QEMU reports that space ran out; it seldom does */
};

#define QMP_IO_ERRORS_MAX 16

/* Zero-initialised: the start of a stream. Freed by qmp_free. */
struct qmp {
	struct json_tokener *tok;
	bool broken; /* the input is not QMP; the rest is ignored */

	bool greeted;	 /* QEMU waits for commands */
	bool shutdown;	 /* the machine has ended */
	bool by_guest;	 /* the guest itself ended it */
	char reason[32]; /* "guest-shutdown", "guest-reset", "host-qmp-quit", ... */
	bool panicked;	 /* GUEST_PANICKED */
	struct qmp_io_error io_errors[QMP_IO_ERRORS_MAX]; /* the first of each node and operation */
	size_t n_io_errors;
	/* The guest has closed the virtio-serial port. QEMU may omit events (qapi/char.json: one a
	 * second); the last one counts. The caller clears it. */
	bool port_closed;
	bool paused;	      /* the machine is paused */
	unsigned int resumed; /* how many times it resumed */
	unsigned int resets;  /* how many times it was reset (QEMU_OPTS may allow it) */
	unsigned int replies; /* how many commands were answered */
	char error[256];      /* the last error reply, or "" */
	uint64_t memory;      /* the machine's bytes, if asked for; else 0 */
};

/* The first command (docs/interop/qmp-spec of QEMU); get the memory size; resume; pause; press the
 * power button; quit; what the guest is to keep of its memory, for printf(3). */
#define QMP_HELLO "{\"execute\":\"qmp_capabilities\"}\n"
#define QMP_MEMORY "{\"execute\":\"query-memory-size-summary\"}\n"
#define QMP_CONT "{\"execute\":\"cont\"}\n"
#define QMP_PAUSE "{\"execute\":\"stop\"}\n"
#define QMP_POWERDOWN "{\"execute\":\"system_powerdown\"}\n"
#define QMP_BALLOON "{\"execute\":\"balloon\",\"arguments\":{\"value\":%llu}}\n"
#define QMP_QUIT "{\"execute\":\"quit\"}\n"

/* Parses bytes as they arrive, in pieces of any size. A pure function of the stream. Returns 0,
 * -EBADMSG once if it is not QMP, or -ENOMEM. */
_must_check_ int qmp_feed(struct qmp *q, const char *data, size_t len);

void qmp_free(struct qmp *q);

#endif
