/* SPDX-License-Identifier: MIT */
/* fs.h - the mount API of Linux 5.2, with the kernel's messages in its errors */
#ifndef STOREBOOT_MOUNT_FS_H
#define STOREBOOT_MOUNT_FS_H

#include <stdbool.h>
#include <stddef.h>

#include "init/lib/err.h"

/* What is mounted. Decides what the guest may cache and write. */
enum mount_what {
	MOUNT_STORE,	 /* read-only; store paths never change, so everything may be cached */
	MOUNT_FOLDER,	 /* a shared folder, which both sides change: nothing is cached */
	MOUNT_FOLDER_RO, /* the same, read-only for the guest */
};

/* Numeric owner of all files in the guest. Only cifs uses it; other shares show the host's
 * owners. */
struct mount_owner {
	char uid[11], gid[11];
};
#define MOUNT_OWNER_ROOT \
	{ \
		"0", "0" \
	}

/* A share or shared folder to mount. */
struct mount_request {
	const char *source; /* in the form of storeboot.share.source= */
	const char *path;   /* made if missing */
	enum mount_what what;
	const struct mount_owner *owner;
	unsigned int deadline_ms; /* for a server or device that may appear late */
};

struct mount_option {
	const char *key;
	const char *value; /* NULL: a flag */
};

/* Returns the MOUNT_ATTR_* flags of a mount. */
unsigned int mount_fs_attrs(enum mount_what what);

/*
 * Makes a detached mount with fsopen(type), fsconfig(source, options...) and fsmount(attrs:
 * MOUNT_ATTR_* of linux/mount.h). source also names the object in messages ("//10.0.2.4/qemu",
 * "/dev/vda"). sb_ro: the file system is read-only, not only this mount of it. Returns the
 * descriptor of the mount, or -errno with the kernel's log of the context, if any, in e; -ENODEV:
 * the kernel has no such file system.
 */
_must_check_ int mount_fs_detached(const char *type, const char *source,
				   const struct mount_option *options, size_t n_options, bool sb_ro,
				   unsigned int attrs, struct err *e);

/* Attaches the mount at path, which must exist. Returns 0 or -errno. */
_must_check_ int mount_fs_attach(int mount_fd, const char *path, struct err *e);

/* Moves the mount at from onto the open folder to_fd; to is its name in messages. Returns 0 or
 * -errno. */
_must_check_ int mount_fs_move(const char *from, int to_fd, const char *to, struct err *e);

/* Binds from onto to (both exist): read-only, nosuid, nodev, without the mounts below from. Returns
 * 0, or -errno with nothing mounted. */
_must_check_ int mount_fs_bind_ro(const char *from, const char *to, struct err *e);

#endif
