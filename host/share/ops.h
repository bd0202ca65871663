/* SPDX-License-Identifier: MIT */
/* ops.h - the host's side of one share, and functions common to several. Only for the shares */
#ifndef STOREBOOT_HOST_SHARE_OPS_H
#define STOREBOOT_HOST_SHARE_OPS_H

#include "host/share/share.h"

/* One share, defined in a file of its own as share_ops_NAME. */
struct share_ops {
	const char *needs[3]; /* of the guest's kernel (host/initrd/need.c); NULL-terminated */
	/* Rank by speed (scripts/bench-store), each with another; --share auto tries 1 first. */
	unsigned int speed;
	/* Rank for bringing the shared folders beside an image; 1 is tried first; 0: cannot. */
	unsigned int for_folders;
	bool sees_root; /* can do --expose root */
	/* An initrd of unknown content is assumed to have the share's modules. */
	bool in_every_initrd;

	/* Checks that this host has what the share needs; part of share_find. */
	int (*find)(const struct share_request *q, struct share *s, struct err *e);
	/* As share_make and share_qemu; NULL: nothing. */
	int (*make)(struct share *s, const char *folder, const char *self, struct err *e);
	void (*qemu)(const struct share *s, bool by_path, struct argv *ret);
};

#define OPS(constant, name, source, flags) extern const struct share_ops share_ops_##name;
SHARE_TABLE(OPS)
#undef OPS

/* A folder served without the network, by a server or by QEMU: the store or a shared folder. */
struct share_export {
	char tag[32];
	const char *folder; /* for messages and --print-qemu */
	int fd;		    /* a server reaches the folder by this */
	bool is_store, writable;
};

/* Lists in ret the folders that s->served brings. Returns their number. */
size_t share_exports(const struct share *s, struct share_export ret[SHARED_FOLDERS_MAX + 1]);

/* Checks that QEMU has the device, which some distributions leave out. Returns 0, or -errno with e
 * (EXIT_MISSING). */
_must_check_ int share_check_device(const char *qemu, const char *device, struct err *e);

/* Sets s->expose, and for EXPOSE_CLOSURE s->exposed. Returns 0 or -errno with e. */
_must_check_ int share_find_exposed(const struct share_request *q, struct share *s, struct err *e);

/* For EXPOSE_CLOSURE: makes the tree of the closure's paths, for all servers of the run. Returns 0
 * or -errno with e. */
_must_check_ int share_make_tree(struct share *s, struct err *e);

#endif
