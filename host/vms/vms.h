/* SPDX-License-Identifier: MIT */
/*
 * vms.h - the running VMs of this user: their names and private folders
 *
 * Theory of operation: a VM is a folder BASE/NAME, and mkdir(2) makes its name unique. In it lie
 * the file `vm`, JSON that says what it is, and the control socket; its launcher holds a flock(2)
 * on that file for its life, and the kernel drops the lock however the launcher ends. So the lock
 * alone says whether a VM lives, and whoever sees one that does not removes it.
 *
 * BASE is the same for all programs of a user, whatever their environment, so that each finds every
 * VM: a shell of nix-shell, a test driver, an ssh session and cron have different TMPDIRs, and an
 * XDG_RUNTIME_DIR, which goes when the user logs out, or none. It is /tmp/storeboot-UID; for VMs
 * that are to be apart it is $STOREBOOT_RUNTIME_DIR/storeboot; where there is no /tmp it is the
 * base of the private files.
 *
 * The other files of a VM are private: they may be large, or secret, and lie in a folder
 * NAME.XXXXXX in $XDG_RUNTIME_DIR/storeboot where that folder is the user's own, else in
 * storeboot-UID in $TMPDIR or /tmp. The file `vm` has its path. Where that base is BASE, they are
 * in BASE/NAME.
 *
 * Making, looking and removing hold a flock on BASE itself, for a moment: no VM is seen half
 * made or half removed. BASE goes with the last VM; who waited for the lock of a BASE that is gone
 * begins anew.
 *
 * In /tmp a folder's files are removed when nobody has touched them for some days, and the VM would
 * lose its sockets. systemd-tmpfiles leaves a folder alone with all in it that somebody holds a
 * flock on (tmpfiles.d(5)), so the launcher holds one on its VM's folder as well. A shared one:
 * nobody asks for it.
 */
#ifndef STOREBOOT_HOST_VMS_VMS_H
#define STOREBOOT_HOST_VMS_VMS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "init/lib/err.h"

#define VMS_NAME_MAX 64

/* What is told of a VM; "" where there is none. */
struct vms_about {
	const char *name;   /* letters, digits, . _ - (system_name); cut to VMS_NAME_MAX */
	const char *system; /* where its files are */
	const char *kernel;
	const char *image; /* its root disk */
};

/* A VM of this process. */
struct vms_own {
	char name[VMS_NAME_MAX + 1];
	char place[PATH_MAX];	 /* BASE/NAME; "": none */
	char folder[PATH_MAX];	 /* its private files: absolute, mode 0700; may be place */
	int fd;			 /* the locked file; -1: none */
	int place_fd, folder_fd; /* the locked folders */
};

#define VMS_OWN_INIT \
	{ \
		.fd = -1, .place_fd = -1, .folder_fd = -1 \
	}

/* BASE, and the base of the private files, with links resolved; ret has PATH_MAX. Return 0, or
 * -errno with e: EXIT_MISSING. */
_must_check_ int vms_base(char *ret, struct err *e);
_must_check_ int vms_private_base(char *ret, struct err *e);

/*
 * Makes the folder and the file. exact: about->name or none; else NAME-2, NAME-3 ... where it is
 * taken. Returns 0, or -errno with e: EXIT_IN_USE with the holder where the exact name is taken.
 */
_must_check_ int vms_make(const struct vms_about *about, bool exact, struct vms_own *ret,
			  struct err *e);

/* Removes the folders of our own VM and what is in them. Nothing there is no failure. */
void vms_release(struct vms_own *own);

/* Kills what is left of a VM whose launcher was killed, and removes its folders; place: BASE/NAME.
 * Returns 0 when it is gone, -EBUSY when it lives, or another -errno. */
int vms_clean(const char *place);

struct vms_entry {
	char name[VMS_NAME_MAX + 1];
	pid_t pid;	 /* the launcher's */
	int64_t started; /* seconds since the epoch */
	char *system, *kernel, *image, *folder;
};

struct vms_list {
	struct vms_entry *v;
	size_t n;
};

/* The VMs that live, by name; dead ones are removed. Zero-initialise ret; vms_list_free frees it.
 * Returns 0 or -errno with e. */
_must_check_ int vms_list(struct vms_list *ret, struct err *e);
void vms_list_free(struct vms_list *l);

/* BASE/NAME (PATH_MAX bytes) of the VM of that name, and its launcher. Returns 0, or -errno with e,
 * which names the VMs that live. */
_must_check_ int vms_find(const char *name, char *ret_place, pid_t *ret_pid, struct err *e);

#endif
