/* SPDX-License-Identifier: MIT */
/* launch.h - making what a run needs, running it, and clearing up */
#ifndef STOREBOOT_HOST_LAUNCH_H
#define STOREBOOT_HOST_LAUNCH_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/lib/arch.h"
#include "host/disk/disk.h"
#include "host/qemu/accel.h"
#include "host/qemu/efi.h"
#include "host/qemu/tpm.h"
#include "host/share/share.h"
#include "host/vm/vm.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

/* The rescue shell in the initramfs (RESCUE_SHELL_INITRAMFS of init/channel.h). */
#define RESCUE_SHELL_FILE "rescue-shell"

/* Everything that a run needs, found and checked. Paths are absolute, with links resolved. */
struct plan {
	const char *name;   /* of the machine; a number comes behind it where another VM has it ... */
	bool name_is_exact; /* ... unless it must be this one */
	const char *own_name; /* the system's without --name */
	const char *system; /* where the guest sees its files; "": nowhere */
	const char *init;   /* stage 2, as the guest sees it */
	const char *kernel;
	bool max_cpu;	    /* it needs more than QEMU's quick one has */
	bool kernel_packed; /* QEMU gets what is in it */
	const struct arch *arch;
	uint64_t memory; /* bytes */
	unsigned int cores;
	bool graphics;
	bool adapter; /* without: one for screenshots */
	const char *display; /* the value of -display; NULL: qemu_opts have it */
	unsigned int width, height; /* of the screen; 0: QEMU's own */
	struct efi efi;
	struct tpm tpm;
	bool thrown_away; /* what the guest writes goes with the run */
	bool agent;	  /* a socket for the guest's QEMU agent */
	struct credentials credentials;
	bool filtered; /* the guest's console, on its way to stdout (escapes.h) */
	struct buf rescue_shell; /* a program put behind the initramfs; empty: none */
	enum accel accel;
	struct watch *watch;
	char qemu[PATH_MAX], qemu_img[PATH_MAX];
	struct shared_folders folders;
	char exchange[PATH_MAX]; /* one of them that is not there yet (exchange.h); "": all are */
	struct share share;
	char self[PATH_MAX];	 /* this program */
	struct buf initrd;	 /* the initramfs's path */
	int initrd_fd;		 /* the same, open; -1: by its path */
	struct buf registration; /* put behind it; empty: none */
	struct buf append;	 /* the kernel command line */
	struct strv qemu_opts;
	struct network network;
	struct buf unprinted; /* options that --print-qemu cannot say; empty: none */
	struct disks disks; /* opened; made when there is none yet */
};

#define PLAN_INIT { .initrd_fd = -1, .share = SHARE_INIT }
void plan_free(struct plan *p);

/*
 * Makes the private folder and what lies in it and the image where there is none, runs the VM to its
 * end, and leaves no process and no file behind but the image. Signals of signals_of_run must be blocked.
 * Returns 0 with the verdict, or -errno with e.
 */
_must_check_ int launch(struct plan *p, struct verdict *ret, struct err *e);

/*
 * Prints a command that boots the same by QEMU alone, quoted for a shell: the console is where it is started,
 * and what comes by a descriptor of the launcher's is left out. A comment says what else the guest lacks.
 * Makes nothing. Returns 0 or -errno with e.
 */
_must_check_ int launch_print(const struct plan *p, struct err *e);

#endif
