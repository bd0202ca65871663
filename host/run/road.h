/* SPDX-License-Identifier: MIT */
/* road.h - the roads by which the store comes to the guest: one row each, and which one a run takes */
#ifndef STOREBOOT_HOST_ROAD_H
#define STOREBOOT_HOST_ROAD_H

#include <limits.h>
#include <stdbool.h>

#include "host/initrd/initrd.h"
#include "init/lib/err.h"
#include "init/lib/str.h"
#include "init/param.h"

/* What is known when a road is looked for. */
struct road_request {
	enum share share;
	const char *store; /* the folder that is served as /nix/store */
	const char *qemu;
	const char *smbd; /* the option's word, or NULL */
	const struct initrd_options *kernel; /* NULL: the initrd is the user's own, and not looked at */
};

struct road;

/* The road of a run: what was found for it, then what was made. Zero-initialised is none. */
struct way {
	const struct road *road;
	const char *store;
	char smbd[PATH_MAX], bwrap[PATH_MAX];
	struct strv command; /* what QEMU starts for each connection to the file server; empty: none */
};
void way_free(struct way *w);

/*
 * Looks for all that the road needs, on this host and in the guest's kernel; changes nothing. Returns 0,
 * or -errno with e saying what is missing (EXIT_MISSING, EXIT_BAD_INPUT). Free ret in both cases.
 */
_must_check_ int road_find(const struct road_request *q, struct way *ret, struct err *e);

/* Its name, as --share and storeboot.share= have it. */
const char *road_name(const struct way *w);

/* Does QEMU start a file server for each connection (the command that road_make makes)? */
bool road_serves(const struct way *w);

/*
 * Makes what the road needs in this run in the private folder. self: this program. Returns 0 or -errno
 * with e.
 */
_must_check_ int road_make(struct way *w, const char *folder, const char *self, struct err *e);

/* Appends what QEMU is told of the road beside the network. A pure function. Returns 0 or -ENOMEM. */
_must_check_ int road_qemu(const struct way *w, struct strv *ret);

#endif
