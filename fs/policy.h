/* SPDX-License-Identifier: MIT */
/* policy.h - what to do with a disk, given its contents: the one place that permits a format */
#ifndef STOREBOOT_FS_POLICY_H
#define STOREBOOT_FS_POLICY_H

#include "fs/probe.h"

enum fs_verdict {
	FS_REFUSE,	 /* do not change it; e has the reason */
	FS_MOUNT,	 /* it holds the wanted file system */
	FS_FORMAT,	 /* it is empty: call make of its fs_type */
	FS_FORMAT_AGAIN, /* a format was interrupted: fs_format_again */
	FS_FINISH,	 /* only the marker is left to clear: fs_format_finish, then mount */
};

struct fs_want {
	const char *fstype; /* the type to mount it as */
	uint64_t size;	    /* bytes, as given by the host; 0: not given */
};

/* Decides what to do with a disk. disk: its name for messages. For FS_REFUSE fills e, which ends
 * with the state of the disk. A pure function. */
_must_check_ enum fs_verdict fs_decide(const struct probe *p, const struct fs_want *want,
				       const char *disk, struct err *e);

/* Carries out a verdict of fs_decide on the disk path. fstype: the one given to fs_decide. Returns
 * 0 or -errno; e has the state of the disk. */
_must_check_ int fs_carry_out(enum fs_verdict verdict, const char *path, const char *fstype,
			      struct err *e);

#endif
