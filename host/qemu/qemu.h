/* SPDX-License-Identifier: MIT */
/* qemu.h - QEMU's arguments */
#ifndef STOREBOOT_HOST_QEMU_H
#define STOREBOOT_HOST_QEMU_H

#include <stdbool.h>
#include <stdint.h>

#include "host/lib/arch.h"
#include "host/lib/argv.h"
#include "host/disk/blockdev.h"
#include "host/qemu/accel.h"
#include "host/qemu/credential.h"
#include "host/qemu/network.h"
#include "init/lib/str.h"

/* The virtio-serial port of the channel, as QEMU's events name it. */
#define QEMU_PORT_ID "storeboot"

/* Paths are absolute and may hold any byte but NUL. */
struct qemu_config {
	const char *program;
	const char *name;
	const struct arch *arch;
	bool max_cpu; /* the kernel needs more than the quick one has */
	enum accel accel; /* not ACCEL_AUTO */
	uint64_t memory;  /* bytes, taken in whole MiB */
	unsigned int cores;
	const char *kernel;
	const char *initrd;
	const char *append; /* the kernel command line */
	const struct qemu_disk *disks;
	size_t n_disks;
	const struct network *network;
	const char *const *share_command; /* NULL-terminated: what answers behind 10.0.2.4:445; or NULL */
	const char *const *share; /* NULL-terminated: more arguments that bring the store; or NULL */
	const int *share_fds; /* those that these name and QEMU inherits, */
	size_t n_share_fds;   /* so many */
	bool graphics; /* a screen that the console is on, with a keyboard and a tablet */
	bool adapter;  /* without them: one for screenshots, where the board has one */
	const char *display; /* the value of -display; NULL: extra has it */
	unsigned int width, height; /* of its screen; 0: QEMU's own */
	const char *efi_code, *efi_vars; /* flash images: EFI and its variables; NULL: no EFI */
	int tpm_fd; /* a socket to a TPM that QEMU inherits; -1: none */
	int agent_fd; /* a listening socket for who talks to the guest's agent, which QEMU inherits; -1: none */
	const struct credentials *credentials;
	int console_fd; /* sockets that QEMU inherits: the first serial port; -1: its own stdin and stdout, */
	int report_fd;	/* the second one; without a console there is none, */
	int qmp_fd;	/* its monitor; likewise, */
	int channel_fd; /* and the virtio-serial port; -1: none */
	const char *const *extra; /* NULL-terminated, behind all others (QEMU_OPTS); or NULL */
};

/* Appends QEMU's whole argv to ret. With a monitor of ours it starts paused. A pure function. */
void qemu_args(const struct qemu_config *c, struct argv *ret);

/* Does the user's own -S keep the machine paused, for a debugger say? */
bool qemu_stays_paused(const struct qemu_config *c);

#endif
