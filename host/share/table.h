/* SPDX-License-Identifier: MIT */
/* table.h - the shares, one row each: what is looked for, made and told to QEMU. For choose.c alone
 */
#ifndef STOREBOOT_HOST_SHARE_TABLE_H
#define STOREBOOT_HOST_SHARE_TABLE_H

#include "host/share/share.h"

struct share_ops {
	const char *name;
	const char *needs[3]; /* of the guest's kernel (host/initrd/need.c); NULL-terminated */
	int (*find)(const struct share_request *q, struct share *w, struct err *e);
	int (*make)(struct share *w, const char *folder, const char *self,
		    struct err *e);			       /* NULL: nothing */
	void (*qemu)(const struct share *w, struct argv *ret); /* NULL: nothing */
};

/* By enum share_kind. */
extern const struct share_ops share_table[];

/* What is mounted for each (init/param.h). */
extern const char *const share_sources[];

#endif
