/* SPDX-License-Identifier: MIT */
/* share.h - the shares, which bring the store and the shared folders, and the choice of one */
#ifndef STOREBOOT_HOST_SHARE_SHARE_H
#define STOREBOOT_HOST_SHARE_SHARE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/disk/blockdev.h"
#include "host/initrd/initrd.h"
#include "host/lib/argv.h"
#include "host/share/shared_folder.h"
#include "host/share/expose.h"
#include "init/lib/err.h"
#include "init/lib/str.h"
#include "init/param.h"

/* --share auto: the fastest share that works */
#define SHARE_AUTO SHARE_COUNT

struct share_request {
	int share;	   /* enum share_kind, or SHARE_AUTO */
	bool cache;	   /* put an image of the closure over the share */
	const char *store; /* the host's folder that is served as /nix/store */
	int store_fd;	   /* that folder, O_PATH; must outlive the share */
	enum expose expose;
	const struct shared_folders *folders; /* must outlive the share */
	const char *qemu;
	const char *smbd, *virtiofsd; /* as given by options, or NULL */
	uint64_t memory;	      /* guest memory in bytes */
	/* NULL: the user's own initrd, which is not examined */
	const struct initrd_options *kernel;
	struct {
		const char *system;	   /* path in the guest; must be in the closure */
		const struct buf *closure; /* registration; empty: not known */
		uint64_t cache_size;	   /* limit for all images together, in bytes */
		bool only_look;		   /* do not build an image */
	} image;
};

/* The share of a run: first what share_find found, then what share_make made. */
struct share {
	enum share_kind kind;	/* brings the store */
	enum share_kind served; /* brings the shared folders, and the store unless an image does */
	const char *store;	/* NULL: the store is only in the image */
	int store_fd;		/* of the request */
	const struct shared_folders *folders;
	bool cache;
	enum expose expose;
	struct strv exposed;   /* EXPOSE_CLOSURE: the closure's names in the store */
	int filter_fd;	       /* smbd's filter of system calls; -1: none yet */
	int tree_fd;	       /* descriptor of closure_tree_make; -1: none */
	int log_fd;	       /* gets the output of servers beside QEMU; set before share_make */
	int image_fd;	       /* the closure's image; -1: none, or only image_path */
	struct buf image_path; /* empty: no image */
	char smbd[PATH_MAX], bwrap[PATH_MAX], virtiofsd[PATH_MAX];
	bool virtiofsd_of_qemu; /* the C one of QEMU up to 7.2, not the Rust one */
	uint64_t memory;	/* guest memory in bytes */
	/* Servers beside QEMU: QEMU's ends of their connections, and their process IDs. */
	int socket_fds[SHARED_FOLDERS_MAX + 1];
	pid_t server_pids[SHARED_FOLDERS_MAX + 1];
	size_t n_sockets;
	struct argv command; /* QEMU starts it for each connection to 10.0.2.4:445; empty: none */
};
/* clang-format off */
#define SHARE_INIT { .kind = SHARE_NONE, .served = SHARE_NONE, .store_fd = -1, .filter_fd = -1, .tree_fd = -1, .image_fd = -1, .log_fd = -1 }
/* clang-format on */

void share_free(struct share *s);

/* Closes the connections to the servers that run beside QEMU, which makes them exit. */
void share_hang_up(struct share *s);

/*
 * Checks that this host and the guest's kernel have all that the share needs. Changes nothing
 * except the cached images. For SHARE_AUTO logs the chosen share and why no faster one; if the
 * store comes in an image, logs the share that brings the shared folders. ret: SHARE_INIT; free it
 * also on failure. Returns 0, or -errno with e, which lists what is missing (EXIT_MISSING,
 * EXIT_BAD_INPUT, EXIT_SHARE).
 */
_must_check_ int share_find(const struct share_request *q, struct share *ret, struct err *e);

/* Returns the serial of the image's disk, for storeboot.share.cache=; NULL: no image. */
const char *share_cache_serial(const struct share *s);

/* Describes the image's disk, which is QEMU's last. by_path: the path without a descriptor, for a
 * command that is printed, not run. Returns false if there is no image. */
bool share_disk(const struct share *s, bool by_path, struct qemu_disk *ret);

/* Returns the share's name, as in --share and storeboot.share=. */
const char *share_name(const struct share *s);

/* Appends the lines of SHARED_FOLDERS_FILE for stage 1, if any. Returns 0 or -ENOMEM. */
_must_check_ int share_folder_lines(const struct share *s, struct buf *ret);

/* Is there a file server, which share_make prepares or starts? If not, QEMU itself brings store
 * and shared folders. */
bool share_has_server(const struct share *s);

/* Can the guest write to a folder of the host? */
bool share_writes(const struct share *s);

/* Makes in folder, the run's private one, what the share needs. self: path of this program.
 * Returns 0 or -errno with e. */
_must_check_ int share_make(struct share *s, const char *folder, const char *self, struct err *e);

/* Appends QEMU's arguments for the share, except those of the network. by_path: as for share_disk.
 * A pure function. */
void share_qemu(const struct share *s, bool by_path, struct argv *ret);

#endif
