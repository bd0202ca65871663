/* SPDX-License-Identifier: MIT */
/* share.h - the shares, which bring the store and the shared folders, and which one a run uses */
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

/* --share auto: the fastest that there is. */
#define SHARE_AUTO SHARE_COUNT

/* What is known when a share is looked for. */
struct share_request {
	int share;	   /* enum share_kind, or SHARE_AUTO */
	bool cache;	   /* the closure's image over it */
	const char *store; /* the folder that is served as /nix/store */
	enum expose expose;
	const struct shared_folders *folders; /* outlives the share */
	const char *qemu;
	const char *smbd, *virtiofsd; /* the options' words, or NULL */
	uint64_t memory;	      /* the guest's bytes */
	/* NULL: the initrd is the user's own, and not looked at */
	const struct initrd_options *kernel;
	struct {
		const char *system;	   /* its path in the guest, which must be in the closure */
		const struct buf *closure; /* its registration; empty: not known */
		uint64_t cache_size;	   /* bytes that all images may take */
		bool only_look;		   /* build none */
	} image;
};

/* The share of a run: what was found for it, then what was made. */
struct share {
	enum share_kind kind;	/* of the store */
	enum share_kind served; /* of the folders, and of the store unless an image brings it */
	const char *store;	/* NULL: it is in the image alone */
	const struct shared_folders *folders;
	bool cache;
	enum expose expose;
	struct strv exposed;   /* the closure's names in the store, where no more is shown */
	int tree_fd;	       /* closure_tree_make's descriptor; -1: none */
	int image_fd;	       /* the closure's image; -1: none, or by its path */
	struct buf image_path; /* empty: it has none */
	char smbd[PATH_MAX], bwrap[PATH_MAX], virtiofsd[PATH_MAX];
	bool virtiofsd_of_qemu; /* the one in C that came with QEMU up to 7.2; else that in Rust */
	uint64_t memory;	/* the guest's bytes */
	/* Servers that run beside QEMU: its ends of their connections, and their process ids. */
	int socket_fds[SHARED_FOLDERS_MAX + 1];
	pid_t server_pids[SHARED_FOLDERS_MAX + 1];
	size_t n_sockets;
	struct argv command; /* QEMU starts it for each connection to the server; empty: none */
};
/* clang-format off */
#define SHARE_INIT { .kind = SHARE_NONE, .served = SHARE_NONE, .tree_fd = -1, .image_fd = -1 }
/* clang-format on */

/* The output of servers that run beside QEMU is in this file of the private folder. */
#define SHARE_SERVER_LOG "virtiofsd.log"

void share_free(struct share *s);

/* Hangs up the servers that run beside QEMU, which ends them. */
void share_hang_up(struct share *s);

/*
 * Looks for all that the share needs, on this host and in the guest's kernel; changes nothing but
 * the images that are kept. For SHARE_AUTO it says in one line which share it is, and why a better
 * one is not; where an image brings the store it says which share brings the user's folders.
 * Returns 0, or -errno with e saying what is missing (EXIT_MISSING, EXIT_BAD_INPUT, EXIT_SHARE).
 * ret: SHARE_INIT; free it in both cases.
 */
_must_check_ int share_find(const struct share_request *q, struct share *ret, struct err *e);

/* The serial of the image's disk, as storeboot.share.cache= has it; NULL: there is no image over a
 * share. */
const char *share_cache_serial(const struct share *s);

/* The image's disk for QEMU, the last one of all. by_path: for reading, not for running. Returns
 * false where there is none. */
bool share_disk(const struct share *s, bool by_path, struct qemu_disk *ret);

/* Its name, as --share and storeboot.share= have it. */
const char *share_name(const struct share *s);

/* Appends what stage 1 is told of the user's folders (SHARED_FOLDERS_FILE); nothing where there is
 * none. Returns 0 or -ENOMEM. */
_must_check_ int share_folder_lines(const struct share *s, struct buf *ret);

/* Does a file server bring store or folders, which share_make prepares or starts; or QEMU alone? */
bool share_has_server(const struct share *s);

/*
 * Makes what the share needs in this run in the private folder. self: this program. Returns 0 or
 * -errno with e.
 */
_must_check_ int share_make(struct share *s, const char *folder, const char *self, struct err *e);

/* Appends QEMU's arguments for the share, beside those of the network. A pure function. */
void share_qemu(const struct share *s, struct argv *ret);

#endif
