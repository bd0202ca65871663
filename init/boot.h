/* SPDX-License-Identifier: MIT */
/* boot.h - the state of one boot, passed from step to step */
#ifndef STOREBOOT_BOOT_H
#define STOREBOOT_BOOT_H

#include <stdbool.h>
#include <sys/types.h>

#include "init/config.h"
#include "init/lib/err.h"
#include "init/lib/str.h"
#include "init/report.h"

/* Where stage 1 keeps the mounts that become the system: the new root and, below it, what stage 2
 * expects. */
#define NEW_ROOT "/sysroot"

/* The registration that the launcher may append to the initramfs, and where the system finds it. */
#define REGISTRATION_INITRAMFS "registration"
#define RUN_FOLDER "/run/storeboot"
#define REGISTRATION_RUN RUN_FOLDER "/registration"

/* What became of the disk so far: a failure's line says it. */
enum disk_state {
	DISK_UNTOUCHED,
	DISK_NOT_FOUND,
	DISK_NONE,   /* this boot has none */
	DISK_PARTLY, /* formatting began and failed; the step's own error says more */
	DISK_FORMATTED,
	DISK_MOUNTING, /* as it was found; the kernel replays a journal even if the mount then fails
			*/
	DISK_IN_USE,   /* mounted as it was found */
};

struct boot {
	struct config config;
	struct buf folders;	   /* SHARED_FOLDERS_FILE; empty: none */
	unsigned int folder_kinds; /* a bit for each enum share_kind that is in it */
	unsigned int folders_done; /* lines of it that are mounted */
	char *const *argv;	   /* PID 1's own: words the kernel did not know go to stage 2 */
	enum disk_state disk;
	char root_found[32]; /* the disk that has the serial, where it is not the one root= names */
	bool root_mounted;
	bool api_moved;	  /* /dev, /proc, /sys and /run are below the new root */
	bool switched;	  /* the old root is gone: paths are the system's */
	char devkmsg[16]; /* the kernel's limit on /dev/kmsg, for stage 2 to find as it was */
	char loglevel[4]; /* the same of what the kernel shows; "": not changed */
	struct report report;
	pid_t agent;	  /* beside stage 2; 0: none */
	const char *step; /* the current one's name */
	struct err err;	  /* of the step that failed */
	char note[256];	  /* what the current step did, for its log line; steps may fill it */
};

/* Does the boot use the share: for the store, as the image over it, or for a shared folder? */
static inline bool boot_uses(const struct boot *b, enum share_kind kind)
{
	return b->config.share == kind || (b->folder_kinds & 1U << kind) ||
	       (kind == SHARE_IMAGE && b->config.param.share_cache);
}

/* Where a path of the system is now: what stands before it. */
static inline const char *boot_root(const struct boot *b)
{
	return b->switched ? "" : NEW_ROOT;
}

/* The same for /dev, /proc, /sys and /run. */
static inline const char *boot_api(const struct boot *b)
{
	return b->api_moved && !b->switched ? NEW_ROOT : "";
}

#endif
