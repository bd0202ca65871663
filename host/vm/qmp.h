/* SPDX-License-Identifier: MIT */
/* qmp.h - QEMU's monitor: what it tells without being asked */
#ifndef STOREBOOT_HOST_QMP_H
#define STOREBOOT_HOST_QMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/macro.h"

struct json_tokener;

/* BLOCK_IO_ERROR: the host could not write or read a disk, and the guest was told. */
struct qmp_io_error {
	char node[32];	   /* the disk's topmost node */
	char operation[8]; /* "write" or "read" */
	char reason[128];  /* in strerror(3)'s words */
	bool no_space;	   /* QEMU says that it is for want of room; it seldom does */
};

#define QMP_IO_ERRORS_MAX 16

/* Zero-initialised is the start of a stream; qmp_free frees it. */
struct qmp {
	struct json_tokener *tok;
	bool broken; /* what came is no QMP; the rest is not looked at */

	bool greeted;	 /* QEMU is there and waits for commands */
	bool shutdown;	 /* the machine has ended, ... */
	bool by_guest;	 /* by the guest's own doing */
	char reason[32]; /* "guest-shutdown", "guest-reset", "host-qmp-quit", ... */
	bool panicked;	 /* GUEST_PANICKED */
	struct qmp_io_error io_errors[QMP_IO_ERRORS_MAX]; /* the first of each node and operation */
	size_t n_io_errors;
	/* The guest has closed the virtio-serial port. QEMU may leave events out (qapi/char.json:
	 * one a second); the last one counts. Cleared by who acts on it. */
	bool port_closed;
	bool paused;	      /* the machine stands still */
	unsigned int resumed; /* how often the machine went on after a pause */
	unsigned int replies; /* commands that were answered */
	char error[256];      /* the last error a command was answered with, or "" */
	uint64_t memory;      /* the machine's bytes, where it was asked; else 0 */
};

/* The first command (docs/interop/qmp-spec of QEMU), what asks for the machine's memory, what lets
 * a paused machine run, what pauses it, what presses the power button, and what ends QEMU. */
#define QMP_HELLO "{\"execute\":\"qmp_capabilities\"}\n"
#define QMP_MEMORY "{\"execute\":\"query-memory-size-summary\"}\n"
#define QMP_CONT "{\"execute\":\"cont\"}\n"
#define QMP_PAUSE "{\"execute\":\"stop\"}\n"
#define QMP_POWERDOWN "{\"execute\":\"system_powerdown\"}\n"
#define QMP_QUIT "{\"execute\":\"quit\"}\n"

/*
 * Takes bytes as they come, in pieces of any size. A pure function of the stream. Returns 0,
 * -EBADMSG once when it is no QMP, -ENOMEM.
 */
_must_check_ int qmp_feed(struct qmp *q, const char *data, size_t len);

void qmp_free(struct qmp *q);

#endif
