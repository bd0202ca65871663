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

/* The id of the channel's virtio-serial port in QEMU's events. */
#define QEMU_PORT_ID "storeboot"

/* The device that gives the guest's memory back to the host. */
enum balloon {
	BALLOON_REPORTING, /* also what the guest has freed, by itself */
	BALLOON_PLAIN,	   /* only as `storeboot balloon` says */
	BALLOON_OFF,
};

/* Paths are absolute and may hold any byte except NUL. */
struct qemu_config {
	char program[PATH_MAX];
	const char *name;
	const struct arch *arch;
	bool max_cpu;	  /* the kernel needs more features than tcg_cpu has */
	enum accel accel; /* not ACCEL_AUTO */
	uint64_t memory;  /* bytes; rounded up to MiB */
	unsigned int cores;
	const char *kernel;
	const char *initrd;
	struct buf append; /* the kernel command line */
	struct qemu_disk disks[DISKS_MAX + 1];
	size_t n_disks;
	struct network network;
	const char *const *share_command; /* NULL-terminated: serves 10.0.2.4:445; or NULL */
	struct argv share;		  /* more arguments for the share */
	int graphics; /* enum graphics; not off: a screen with console, keyboard and tablet */
	int balloon;  /* enum balloon */
	bool adapter; /* graphics off: an adapter for screenshots, if the board has one */
	const char *display;	    /* value of -display; NULL: extra contains it */
	unsigned int width, height; /* of the screen in pixels; 0: QEMU's default */
	struct efi efi;
	struct credentials credentials;
	bool reboot;	    /* the guest starts again when it reboots; else QEMU exits */
	bool console_reads; /* "-serial stdio": the console reads a stdin that is no terminal */
	bool no_sandbox;    /* the user said "-sandbox off" */
	struct strv extra;  /* after all other arguments (QEMU_OPTS) */

	/* Descriptors that QEMU inherits; -1: none. Without console_fd QEMU has console and monitor
	 * on its own stdin and stdout, and report_fd and qmp_fd are unused. */
	bool writes_folders; /* QEMU itself writes to folders of the host for the guest */
	int tpm_fd;	     /* socket: the TPM */
	int agent_fd;	     /* listening socket: clients of qemu-ga's port */
	int console_fd;	     /* socket: the first serial port */
	int report_fd;	     /* socket: the second serial port */
	int qmp_fd;	     /* socket: the monitor */
	int channel_fd;	     /* socket: the channel's virtio-serial port */
};
#define QEMU_CONFIG_INIT \
	{ \
		.efi = EFI_INIT, .tpm_fd = -1, .agent_fd = -1, .console_fd = -1, .report_fd = -1, \
		.qmp_fd = -1, .channel_fd = -1 \
	}
void qemu_config_free(struct qemu_config *c);

/* Appends QEMU's complete argv to ret, with the descriptors that it inherits. With console_fd QEMU
 * starts paused. A pure function. */
void qemu_args(const struct qemu_config *c, struct argv *ret);

/* Takes those arguments out of extra that stand for a field above: "-sandbox off" (not every QEMU
 * was built with that option), "-no-reboot", "-nographic", "-serial stdio" and "-serial mon:stdio".
 * Call it once, when extra is complete. */
void qemu_merge(struct qemu_config *c);

/* Is the board that QEMU emulates the architecture's own, and are all PCI devices on its first bus?
 * False if the user's arguments name another board, or a bridge, or come from a file. */
bool qemu_one_bus(const struct qemu_config *c);

/* Adds the environment that QEMU gets, as NAME=VALUE. Returns 0 or -ENOMEM. */
_must_check_ int qemu_environment(const struct qemu_config *c, struct strv *ret);

/* Does the user's own -S keep the machine paused, for example for a debugger? */
bool qemu_stays_paused(const struct qemu_config *c);

#endif
