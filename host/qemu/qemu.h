/* SPDX-License-Identifier: MIT */
/* qemu.h - QEMU's arguments */
#ifndef STOREBOOT_HOST_QEMU_H
#define STOREBOOT_HOST_QEMU_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/lib/arch.h"
#include "host/lib/argv.h"
#include "host/disk/disk.h"
#include "host/qemu/accel.h"
#include "host/qemu/credential.h"
#include "host/qemu/efi.h"
#include "host/qemu/network.h"
#include "init/lib/str.h"

/* The virtio-serial port of the channel, as QEMU's events name it. */
#define QEMU_PORT_ID "storeboot"

/* Paths are absolute and may hold any byte but NUL. */
struct qemu_config {
	char program[PATH_MAX];
	const char *name;
	const struct arch *arch;
	bool max_cpu;	  /* the kernel needs more than the quick one has */
	enum accel accel; /* not ACCEL_AUTO */
	uint64_t memory;  /* bytes, taken in whole MiB */
	unsigned int cores;
	const char *kernel;
	const char *initrd;
	struct buf append; /* the kernel command line */
	struct qemu_disk disks[DISKS_MAX + 1];
	size_t n_disks;
	struct network network;
	const char *const
		*share_command; /* NULL-terminated: what answers behind 10.0.2.4:445; or NULL */
	struct argv share;	/* more arguments that bring the store */
	int graphics;	     /* enum graphics; not off: a screen with console, keyboard, tablet */
	bool adapter;	     /* without them: one for screenshots, where the board has one */
	const char *display; /* the value of -display; NULL: extra has it */
	unsigned int width, height; /* of its screen; 0: QEMU's own */
	struct efi efi;
	struct credentials credentials;
	struct strv extra; /* behind all others (QEMU_OPTS) */

	/* Descriptors that QEMU inherits; -1: none. */
	int tpm_fd;	/* a socket to a TPM */
	int agent_fd;	/* a listening socket for who talks to the guest's agent */
	int console_fd; /* a socket to the first serial port; -1: its own stdin and stdout, */
	int report_fd;	/* to the second one; without a console there is none, */
	int qmp_fd;	/* to its monitor; likewise, */
	int channel_fd; /* and to the virtio-serial port */
};
#define QEMU_CONFIG_INIT \
	{ \
		.tpm_fd = -1, .agent_fd = -1, .console_fd = -1, .report_fd = -1, .qmp_fd = -1, \
		.channel_fd = -1 \
	}
void qemu_config_free(struct qemu_config *c);

/* Appends QEMU's whole argv to ret, with the descriptors that it inherits. With a monitor of ours
 * it starts paused. A pure function. */
void qemu_args(const struct qemu_config *c, struct argv *ret);

/* Does the user's own -S keep the machine paused, for a debugger say? */
bool qemu_stays_paused(const struct qemu_config *c);

#endif
