/* SPDX-License-Identifier: MIT */
/* fs.h - one mount by the mount API of Linux 5.2, with the kernel's own words in the error */
#ifndef STOREBOOT_MOUNT_FS_H
#define STOREBOOT_MOUNT_FS_H

#include <stdbool.h>
#include <stddef.h>

#include "init/lib/err.h"

/* What of the host is mounted: it decides what of it may be kept and written. */
enum mount_what {
	MOUNT_STORE, /* read-only, and a name's content never changes: whatever was seen may be kept
		      */
	MOUNT_FOLDER,	 /* a folder of the user's, which both sides change: nothing is kept */
	MOUNT_FOLDER_RO, /* the same, and the guest may only read it */
};

/* Who owns all of it in the guest, by the numbers. Of cifs alone; the other file systems show the
 * host's. */
struct mount_owner {
	char uid[11], gid[11];
};
#define MOUNT_OWNER_ROOT \
	{ \
		"0", "0" \
	}

/* One share that is to be mounted. */
struct mount_request {
	const char *source; /* as storeboot.share.source= */
	const char *path;   /* made if missing */
	enum mount_what what;
	const struct mount_owner *owner;
	unsigned int deadline_ms; /* for what may come late */
};

struct mount_option {
	const char *key;
	const char *value; /* NULL: a flag */
};

/* The MOUNT_ATTR_* of it. */
unsigned int mount_fs_attrs(enum mount_what what);

/*
 * Makes a detached mount: fsopen(type), fsconfig(source, options...), fsmount(attrs: MOUNT_ATTR_*
 * of linux/mount.h). source names the object in messages ("//10.0.2.4/qemu", "/dev/vda").
 * sb_ro: the file system itself is read-only, not only this mount of it.
 * Returns the mount's descriptor, or -errno with e holding the kernel's log lines of the context,
 * where it wrote any; -ENODEV: the kernel has no such file system.
 */
_must_check_ int mount_fs_detached(const char *type, const char *source,
				   const struct mount_option *options, size_t n_options, bool sb_ro,
				   unsigned int attrs, struct err *e);

/* Attaches it at path (which must exist). Returns 0 or -errno. */
_must_check_ int mount_fs_attach(int mount_fd, const char *path, struct err *e);

/* Moves the mount that is at from onto the folder behind to_fd, which messages call to. Returns 0
 * or -errno. */
_must_check_ int mount_fs_move(const char *from, int to_fd, const char *to, struct err *e);

/* Binds from onto to (both exist), read-only, nosuid, nodev; mounts below from are not taken along.
 * Returns 0 or -errno; on failure nothing is mounted. */
_must_check_ int mount_fs_bind_ro(const char *from, const char *to, struct err *e);

#endif
