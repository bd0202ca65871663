/* SPDX-License-Identifier: MIT */
/* ops.h - the host's side of one share, and what several of them do alike. For the shares alone */
#ifndef STOREBOOT_HOST_SHARE_OPS_H
#define STOREBOOT_HOST_SHARE_OPS_H

#include "host/share/share.h"

/* One share. Each is defined in a file of its own, as share_ops_NAME. */
struct share_ops {
	const char *needs[3]; /* of the guest's kernel (host/initrd/need.c); NULL-terminated */
	/* --share auto tries 1 first: the fastest (scripts/bench-store). Each share has another. */
	unsigned int speed;
	/* Beside an image 1 is the first to bring the shared folders; 0: brings none. */
	unsigned int for_folders;
	bool sees_root; /* --expose root */
	/* An initrd of unknown content is taken to have its modules. */
	bool in_every_initrd;

	/* Looks for what the share needs on this host, as share_find does for all. */
	int (*find)(const struct share_request *q, struct share *s, struct err *e);
	/* As share_make and share_qemu; NULL: nothing. */
	int (*make)(struct share *s, const char *folder, const char *self, struct err *e);
	void (*qemu)(const struct share *s, struct argv *ret);
};

#define OPS(constant, name, source, flags) extern const struct share_ops share_ops_##name;
SHARE_TABLE(OPS)
#undef OPS

/* What a server beside the network serves: the store, or a shared folder. */
struct share_export {
	char tag[32];
	const char *folder;
	bool is_store, writable;
};

/* Fills ret with what s->served brings. Returns their number. */
size_t share_exports(const struct share *s, struct share_export ret[SHARED_FOLDERS_MAX + 1]);

/* Does QEMU have the device? Distributions leave some out. Returns 0, or -errno with e
 * (EXIT_MISSING). */
_must_check_ int share_check_device(const char *qemu, const char *device, struct err *e);

/* Decides how much of the host a server shows, and reads the closure's names where it is those. */
_must_check_ int share_find_exposed(const struct share_request *q, struct share *s, struct err *e);

/* Makes the tree of the closure's paths for all servers of the run, where they show no more. */
_must_check_ int share_make_tree(struct share *s, struct err *e);

#endif
