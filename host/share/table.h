/* SPDX-License-Identifier: MIT */
/* table.h - the roads, one row each: what is looked for, made and told to QEMU. For road.c alone */
#ifndef STOREBOOT_HOST_SHARE_TABLE_H
#define STOREBOOT_HOST_SHARE_TABLE_H

#include "host/share/share.h"

struct road {
	const char *name;
	const char *needs[3]; /* of the guest's kernel (host/initrd/need.c); NULL-terminated */
	int (*find)(const struct road_request *q, struct way *w, struct err *e);
	int (*make)(struct way *w, const char *folder, const char *self, struct err *e); /* NULL: nothing */
	void (*qemu)(const struct way *w, struct argv *ret);				 /* NULL: nothing */
};

/* By enum share. */
extern const struct road roads[];

/* What is mounted for each (init/param.h). */
extern const char *const road_sources[];

#endif
