/* SPDX-License-Identifier: MIT */
/* share.h - the roads by which the store comes to the guest: one row each, and which one a run takes */
#ifndef STOREBOOT_HOST_SHARE_SHARE_H
#define STOREBOOT_HOST_SHARE_SHARE_H

#include <limits.h>
#include <stdbool.h>

#include "host/disk/blockdev.h"
#include "host/initrd/initrd.h"
#include "host/share/store_image.h"
#include "host/share/shared_folder.h"
#include "host/share/expose.h"
#include "init/lib/err.h"
#include "init/lib/str.h"
#include "init/param.h"

/* --share auto: the fastest that there is. */
#define SHARE_AUTO SHARE_COUNT

/* What is known when a road is looked for. */
struct road_request {
	int share;  /* enum share, or SHARE_AUTO */
	bool cache; /* the closure's image over it */
	const char *store; /* the folder that is served as /nix/store */
	enum expose expose;
	const struct binds *binds; /* the user's folders; outlives the way */
	const char *qemu;
	const char *smbd, *virtiofsd; /* the options' words, or NULL */
	uint64_t memory;	      /* the guest's bytes */
	const struct initrd_options *kernel; /* NULL: the initrd is the user's own, and not looked at */
	struct road_image image;
};

struct road;

/* The road of a run: what was found for it, then what was made. */
struct way {
	const struct road *road;   /* of the store */
	const struct road *served; /* of the user's folders, and of the store but for an image; NULL: none */
	const char *store; /* NULL: it is in the image alone */
	const struct binds *binds;
	bool cache;
	enum expose expose;
	struct strv exposed; /* the closure's names in the store, where no more is shown */
	int tree_fd; /* closure_tree_make's descriptor; -1: none */
	int image_fd;		/* the closure's image, where it is part of the way; -1: none, or by its path */
	struct buf image_path;	/* empty: it is no part */
	char smbd[PATH_MAX], bwrap[PATH_MAX], virtiofsd[PATH_MAX];
	bool virtiofsd_of_qemu;
	uint64_t memory; /* the guest's bytes */
	int socket_fds[BINDS_MAX + 1]; /* QEMU's ends to servers that run beside it, */
	pid_t server_pids[BINDS_MAX + 1]; /* their other ends, */
	size_t n_sockets;		  /* so many */
	struct strv command; /* what QEMU starts for each connection to the file server; empty: none */
};
#define WAY_INIT { .tree_fd = -1, .image_fd = -1 }

/* What servers that run beside QEMU say is in this file of the private folder. */
#define ROAD_LOG "virtiofsd.log"

void way_free(struct way *w);

/* Hangs up the servers that run beside QEMU, which ends them. */
void road_hang_up(struct way *w);

/*
 * Looks for all that the road needs, on this host and in the guest's kernel; changes nothing but the
 * images that are kept. For SHARE_AUTO it says in one line which road it is, and why a better one is not;
 * where an image brings the store it says which road brings the user's folders.
 * Returns 0, or -errno with e saying what is missing (EXIT_MISSING, EXIT_BAD_INPUT, EXIT_SHARE). ret:
 * WAY_INIT; free it in both cases.
 */
_must_check_ int road_find(const struct road_request *q, struct way *ret, struct err *e);

/* The serial of the image's disk, as storeboot.share.cache= has it; NULL: there is no image over a share. */
const char *road_cache(const struct way *w);

/* The image's disk for QEMU, the last one of all. by_path: for reading, not for running. Returns false where
 * there is none. */
bool road_disk(const struct way *w, bool by_path, struct qemu_disk *ret);

/* Its name, as --share and storeboot.share= have it. */
const char *road_name(const struct way *w);

/* Appends what stage 1 is told of the user's folders (BINDS_FILE); nothing where there is none. Returns 0 or
 * -ENOMEM. */
_must_check_ int road_binds(const struct way *w, struct buf *ret);

/* Does a file server bring store or folders, which road_make prepares or starts; or QEMU alone? */
bool road_serves(const struct way *w);

/*
 * Makes what the road needs in this run in the private folder. self: this program. Returns 0 or -errno
 * with e.
 */
_must_check_ int road_make(struct way *w, const char *folder, const char *self, struct err *e);

/* Appends what QEMU is told of the road beside the network. A pure function. */
void road_qemu(const struct way *w, struct argv *ret);

#endif
