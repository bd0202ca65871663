/* SPDX-License-Identifier: MIT */
/* cmdline.h - the kernel command line of a run */
#ifndef STOREBOOT_HOST_CMDLINE_H
#define STOREBOOT_HOST_CMDLINE_H

#include "init/lib/err.h"
#include "init/lib/str.h"

/* Every string may be NULL: the word is then left out. */
struct cmdline {
	const char *params;	   /* the system's own: contents of kernel-params */
	const char *init;	   /* stage 2, a path of the guest */
	const char *system_config; /* the system, a path of the guest */
	const char *reg_info;	   /* the registration, a path of the guest */
	const char *verify;	   /* "1": and each path's contents are checked */
	const char *root;	   /* the root disk's device */
	const char *disk_serial;   /* of the root disk, and */
	const char *disk_size;	   /* its bytes, in decimal */
	const char *disk_zero;	   /* "1": it reads as zeroes */
	const char *writable;	   /* where what is written to the store goes */
	const char *share;	   /* what brings the store */
	const char *share_cache;   /* the serial of the image's disk that lies over it */
	const char *report;	   /* the report channel's device */
	const char *channel;	   /* the port of the channel */
	const char *no_stage2;	   /* "1": a command in its place */
	const char *rescue;	   /* "1": a shell on failure */
	const char *console_size;  /* ROWSxCOLUMNS */
	const char *no_driver;	   /* a module that udev is not to load */
	const char *const *consoles; /* NULL-terminated; the last one is /dev/console */
	const char *append;	     /* the user's own words, behind all others */
};

/*
 * Puts the command line together; the last of a repeated word counts, so the user's come last. A
 * newline at the end of params goes, others become spaces. A pure function; e must be zeroed. Returns
 * 0 or -ENOMEM, or with EXIT_BAD_INPUT -E2BIG, e naming the length, when it is over max bytes, and
 * -EINVAL for params that would swallow what follows or a value that cannot be written.
 */
_must_check_ int cmdline_build(const struct cmdline *c, size_t max, struct buf *ret,
			       struct err *e);

#endif
