/* SPDX-License-Identifier: MIT */
/* system.h - what SYSTEM is: its kernel, modules, stage 2 and words, found and checked */
#ifndef STOREBOOT_HOST_SYSTEM_H
#define STOREBOOT_HOST_SYSTEM_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/closure/names.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

/* Of a name that is given (--name): that of a running VM is not longer (VMS_NAME_MAX). */
#define SYSTEM_NAME_MAX 64

/* Each of these wins over what SYSTEM holds; NULL where not given. */
struct system_options {
	bool no_init;	    /* there need be no stage 2 */
	const char *system; /* a NixOS toplevel, a link to one, or any folder that has the rest */
	const char *kernel;
	const char *modules;
	const char *init;   /* a path of the guest */
	const char *params; /* a file with words for the kernel's command line */
	const char *name;
	const char *store; /* the folder that is served as /nix/store; NULL: /nix/store */
};

struct system {
	char store[PATH_MAX];  /* the store on the host, with links resolved */
	char kernel[PATH_MAX]; /* paths of the host, with links resolved; "": none */
	char modules[PATH_MAX];
	char init[PATH_MAX]; /* paths of the guest; config "": SYSTEM is not in the store */
	char config[PATH_MAX];
	char name[128];	    /* of the machine and its image: letters, digits, . _ - */
	char own_name[128]; /* the same; without --name */
	struct buf params;
	unsigned int machine;  /* the kernel's, as ELF numbers it */
	bool page_16k;	       /* it is arm64's with pages of 16 KiB */
	uint64_t kernel_needs; /* bytes of memory, to unpack itself; 0: not known */
	bool packed;	       /* the kernel is a compressed image */
};

/*
 * Finds and checks all of it; changes nothing. Returns 0, or -errno with e (EXIT_BAD_INPUT, naming
 * what is missing). ret: zeroed; freed by system_free also after a failure.
 */
_must_check_ int system_find(const struct system_options *o, struct system *ret, struct err *e);
void system_free(struct system *s);

/*
 * The machine's name for a path: its last part, without a store path's hash, with every other
 * character than those above as a dash. A pure function.
 */
void system_name(const char *path, char *dst, size_t size);

#endif
