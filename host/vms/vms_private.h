/* SPDX-License-Identifier: MIT */
/* vms_private.h - the private folders of running VMs (theory: vms.h) */
#ifndef STOREBOOT_HOST_VMS_VMS_PRIVATE_H
#define STOREBOOT_HOST_VMS_VMS_PRIVATE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "init/lib/err.h"

/* Checks that only this user can enter the folder. variable: names another folder, for the message.
 * Returns 0, or -EPERM with e: EXIT_MISSING. */
_must_check_ int private_check(const char *path, const struct stat *st, const char *variable,
			       struct err *e);

/* Makes the folder base, if missing, and NAME.XXXXXX in it, mode 0700. ret: its path, PATH_MAX
 * bytes. Returns 0, or -errno with e. */
_must_check_ int private_make(const char *base, const char *name, char *ret, struct err *e);

/* Takes a shared lock on a folder, against systemd-tmpfiles. Returns the descriptor or -errno. */
_must_check_ int private_lock(const char *path);

/* Removes a folder that private_make made for that name, and its base if that is empty. */
void private_remove(const char *folder, const char *name);

/* Opens BASE, the folder of the VMs' folders, and locks it. Until vms_unlock a Ctrl-Z waits, so one
 * process may hold one lock only. make: makes BASE if needed. Returns the descriptor, -ENOENT if
 * there is no BASE, -EBUSY if another process does not unlock it, -EINTR for a signal with make, or
 * another -errno; each with e.
 */
_must_check_ int vms_lock(const char *path, bool make, struct err *e);

/* Undoes vms_lock. Removes BASE if it is empty. */
void vms_unlock(int fd, const char *path);

#endif
