/* SPDX-License-Identifier: MIT */
/*
 * vms.h - the running VMs of this user: their names and private folders
 *
 * Theory of operation: a VM is a folder BASE/NAME; mkdir(2) makes its name unique. The folder holds
 * the file `vm`, JSON that describes the VM, and the control socket. The launcher holds a flock(2)
 * on that file for its life, and the kernel drops the lock however the launcher ends. So the lock
 * alone shows whether a VM runs, and whoever finds a dead one removes it.
 *
 * BASE is the same for all programs of a user, whatever their environment, so that each finds every
 * VM: a shell of nix-shell, a test driver, an ssh session and cron have different TMPDIRs, and may
 * have an XDG_RUNTIME_DIR, which is removed when the user logs out. BASE is /tmp/storeboot-UID; to
 * keep VMs apart, $STOREBOOT_RUNTIME_DIR/storeboot; without /tmp, the base of the private files.
 *
 * The other files of a VM are private and may be large or secret. They are in a folder NAME.XXXXXX
 * in $XDG_RUNTIME_DIR/storeboot if that folder is the user's own, else in storeboot-UID in $TMPDIR
 * or /tmp. The file `vm` has its path. If that base is BASE, they are in BASE/NAME.
 *
 * To make, list or remove VMs a program holds a flock on BASE for a moment, so nobody sees a VM
 * that is half made or half removed. BASE is removed with the last VM; a program that waited for
 * its lock starts again.
 *
 * Files in /tmp that nobody has touched for some days are removed, and a VM would lose its sockets.
 * systemd-tmpfiles skips a folder on which somebody holds a flock, with its contents
 * (tmpfiles.d(5)), so the launcher holds one on its VM's folders as well: a shared one, because
 * nobody tests it.
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

/* The description of a VM; "": none. */
struct vms_about {
	const char *name;   /* letters, digits, . _ - (system_name); cut to VMS_NAME_MAX */
	const char *system; /* where its files are */
	const char *kernel;
	const char *image; /* its root disk */
	bool filtered;	   /* --escapes filter, for every terminal that shows the guest's output */
};

/* A VM of this process. */
struct vms_own {
	char name[VMS_NAME_MAX + 1];
	char place[PATH_MAX];	 /* BASE/NAME; "": none */
	char folder[PATH_MAX];	 /* its private files, mode 0700; absolute; may be place */
	int fd;			 /* the locked file `vm`; -1: none */
	int place_fd, folder_fd; /* the locked folders */
};

#define VMS_OWN_INIT \
	{ \
		.fd = -1, .place_fd = -1, .folder_fd = -1 \
	}

/* BASE, and the base of the private files, with links resolved; ret has PATH_MAX bytes. Return 0,
 * or -errno with e: EXIT_MISSING. */
_must_check_ int vms_base(char *ret, struct err *e);
_must_check_ int vms_private_base(char *ret, struct err *e);

/*
 * Makes the VM's folders and file. exact: fails if the name is taken; else tries NAME-2, NAME-3 ...
 * Returns 0, or -errno with e: EXIT_IN_USE, with the holder, if the exact name is taken.
 */
_must_check_ int vms_make(const struct vms_about *about, bool exact, struct vms_own *ret,
			  struct err *e);

/* Removes the folders of our own VM with their contents. Does nothing if there is none. Returns 0,
 * or -errno if something is left; vms_clean, or whoever sees it next, removes that. */
_must_check_ int vms_release(struct vms_own *own);

/* Kills the processes of a VM whose launcher was killed, and removes its folders. place: BASE/NAME.
 * Returns 0 when it is gone, -EBUSY if it runs, or another -errno. */
int vms_clean(const char *place);

struct vms_entry {
	char name[VMS_NAME_MAX + 1];
	pid_t pid;	 /* the launcher's */
	int64_t started; /* seconds since the epoch */
	bool filtered;
	char *system, *kernel, *image, *folder;
};

struct vms_list {
	struct vms_entry *v;
	size_t n;
};

/* Lists the running VMs by name, and removes dead ones. ret: zero-initialised; freed by
 * vms_list_free. Returns 0 or -errno with e. */
_must_check_ int vms_list(struct vms_list *ret, struct err *e);
void vms_list_free(struct vms_list *l);

struct vms_found {
	char place[PATH_MAX]; /* BASE/NAME */
	pid_t pid;	      /* its launcher */
	bool filtered;
};

/* Finds the VM `name`. Returns 0, or -errno with e, which names the running VMs. */
_must_check_ int vms_find(const char *name, struct vms_found *ret, struct err *e);

#endif
