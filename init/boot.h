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

/* The new root. Stage 1 mounts it and everything that stage 2 expects below it. */
#define NEW_ROOT "/sysroot"

/* The registration that the launcher may append to the initramfs, and its path in the system. */
#define REGISTRATION_INITRAMFS "registration"
#define RUN_FOLDER "/run/storeboot"
#define REGISTRATION_RUN RUN_FOLDER "/registration"

/* The state of the disk so far, for the failure message. */
enum disk_state {
	DISK_UNTOUCHED,
	DISK_NOT_FOUND,
	DISK_NONE,   /* this boot has no disk */
	DISK_PARTLY, /* formatting began and failed; the step's error has the state */
	DISK_FORMATTED,
	DISK_MOUNTING, /* not formatted; a failed mount may have replayed the journal */
	DISK_IN_USE,   /* not formatted, mounted */
};

struct boot {
	struct config config;
	struct buf folders;	   /* contents of SHARED_FOLDERS_FILE; empty: none */
	unsigned int folder_kinds; /* bits of the enum share_kind values in it */
	unsigned int folders_done; /* number of its lines that are mounted */
	char *const *argv; /* PID 1's own; arguments that the kernel did not know go to stage 2 */
	enum disk_state disk;
	char root_found[32]; /* node of the disk found by its serial; param.root then points here */
	bool root_mounted;
	bool api_moved;	  /* /dev, /proc, /sys and /run are below the new root */
	bool switched;	  /* the root is the system's; the old one is gone */
	char devkmsg[16]; /* the saved limit on /dev/kmsg, to restore for stage 2 */
	char loglevel[4]; /* the saved console log level; "": unchanged */
	struct report report;
	uint64_t token;	  /* of RECORD_STAGE2 (record.h); 0: none */
	pid_t agent;	  /* runs beside stage 2; 0: none */
	const char *step; /* name of the current step */
	struct err err;	  /* error of the failed step */
	char note[256];	  /* result of the current step, for its log line; steps may fill it */
};

/* Returns true if the boot uses the share for the store, as the image over it or for a folder. */
static inline bool boot_uses(const struct boot *b, enum share_kind kind)
{
	return b->config.share == kind || (b->folder_kinds & 1U << kind) ||
	       (kind == SHARE_IMAGE && b->config.param.share_cache);
}

/* The prefix for a path of the system. */
static inline const char *boot_root(const struct boot *b)
{
	return b->switched ? "" : NEW_ROOT;
}

/* The prefix for a path in /dev, /proc, /sys or /run. */
static inline const char *boot_api(const struct boot *b)
{
	return b->api_moved && !b->switched ? NEW_ROOT : "";
}

#endif
