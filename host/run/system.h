/* SPDX-License-Identifier: MIT */
/* system.h - finds and checks SYSTEM: its kernel, modules, parameters and stage 2 */
#ifndef STOREBOOT_HOST_SYSTEM_H
#define STOREBOOT_HOST_SYSTEM_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/closure/names.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

/* Limit for --name, the same as for a running VM's name (VMS_NAME_MAX). */
#define SYSTEM_NAME_MAX 64

/* Each one replaces a part of SYSTEM; NULL: not given. */
struct system_options {
	bool no_init;	    /* stage 2 may be missing */
	const char *system; /* a NixOS toplevel, a link to one, or a folder with the other parts */
	const char *kernel;
	const char *modules;
	const char *init;   /* a path in the guest */
	const char *params; /* a file with kernel parameters */
	const char *name;
	const char *store; /* the folder that is served as /nix/store; NULL: /nix/store */
};

struct system {
	char store[PATH_MAX];  /* the store's path on the host, with links resolved */
	char kernel[PATH_MAX]; /* host paths, with links resolved; "": none */
	char modules[PATH_MAX];
	char init[PATH_MAX]; /* guest paths; config "": SYSTEM is not in the store */
	char config[PATH_MAX];
	char name[128];	    /* of the machine and its image: letters, digits, . _ - */
	char own_name[128]; /* the name without --name */
	struct buf params;
	unsigned int machine;  /* the kernel's machine, as in ELF */
	bool page_16k;	       /* an arm64 kernel with 16 KiB pages */
	uint64_t kernel_needs; /* bytes of memory that it needs to unpack itself; 0: not known */
	bool packed;	       /* the kernel is a compressed image */
	bool etc_overlay;      /* NixOS: stage 1 mounts an overlay on /etc */
	const char
		*etc_mode; /* its parameter; NULL: SYSTEM's own parameters have it, or no overlay */
	bool nixos_init;   /* NixOS: stage 1 prepares the root, stage 2 is systemd's binary */
};

/*
 * Finds and checks all parts; changes nothing. ret: zeroed; freed by system_free, also after a
 * failure. Returns 0, or -errno with e (EXIT_BAD_INPUT, with the names of missing parts;
 * EXIT_USAGE).
 */
_must_check_ int system_find(const struct system_options *o, struct system *ret, struct err *e);
void system_free(struct system *s);

/*
 * Makes a machine's name from a path: its last part, without a store path's hash, with a dash for
 * each character except letters, digits and, after the first, . _ -. A pure function.
 */
void system_name(const char *path, char *dst, size_t size);

#endif
