/* SPDX-License-Identifier: MIT */
/* etc.h - the overlay on /etc of a NixOS system (system.etc.overlay) */
#ifndef STOREBOOT_MOUNT_ETC_H
#define STOREBOOT_MOUNT_ETC_H

#include "init/lib/err.h"

/* Where the parts of the overlay are mounted or found. */
struct mount_etc {
	const char *image;    /* the metadata, a file with an erofs */
	const char *metadata; /* where it is mounted; made if missing */
	const char *basedir;  /* the contents of the files that the metadata names */
	const char *layer;    /* the folder for what the guest writes; NULL: /etc is read-only */
	const char *etc;      /* made if missing */
};

/*
 * Mounts the metadata and the overlay, as NixOS's own initramfs does (nixpkgs,
 * nixos/modules/system/etc/etc-activation.nix). Before, takes the mark "opaque" off those folders
 * of the layer that the metadata has as well: an earlier system had no such folder, and the mark
 * would hide what is in it now. Returns the number of these folders, or -errno with e; -ENODEV: the
 * kernel has no erofs or overlay.
 */
_must_check_ int mount_etc(const struct mount_etc *m, struct err *e);

#endif
