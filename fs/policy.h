/* SPDX-License-Identifier: MIT */
/* policy.h - what becomes of a disk, by what it holds: the one place that permits a format */
#ifndef STOREBOOT_FS_POLICY_H
#define STOREBOOT_FS_POLICY_H

#include "fs/probe.h"

enum fs_verdict {
	FS_REFUSE,	 /* leave it as it is; e says why */
	FS_MOUNT,	 /* it holds what is wanted */
	FS_FORMAT,	 /* it is empty: fs_type's make */
	FS_FORMAT_AGAIN, /* a format was cut short: fs_format_again */
	FS_FINISH,	 /* a format was cut after its last block: fs_format_finish, then mount */
};

struct fs_want {
	const char *fstype; /* what it is to be mounted as */
	uint64_t size;	    /* the size that the host says it has, bytes; 0: not said */
};

/*
 * A pure function. disk: its name for messages. FS_REFUSE fills e, whose line ends with the
 * disk's state.
 */
_must_check_ enum fs_verdict fs_decide(const struct probe *p, const struct fs_want *want,
				       const char *disk, struct err *e);

/*
 * Does what the verdict of fs_decide asks for to the disk path. fstype: as it was given to
 * fs_decide. Returns 0 or -errno; e says the disk's state.
 */
_must_check_ int fs_carry_out(enum fs_verdict verdict, const char *path, const char *fstype,
			      struct err *e);

#endif
