/* SPDX-License-Identifier: MIT */
/* initrd.h - building the initramfs */
#ifndef STOREBOOT_HOST_INITRD_H
#define STOREBOOT_HOST_INITRD_H

#include <sys/types.h>

#include "host/initrd/compress.h"
#include "host/lib/opt.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

struct initrd_options {
	const char *kernel;  /* bzImage, Image or vmlinux; NULL: none to check modules against */
	const char *modules; /* a tree: DIR with lib/modules/V or usr/lib/modules/V, or V's folder
				itself; NULL: none */
	const char *version; /* kernel release V; NULL: the kernel's own, or the only one */
	const char *init_program; /* storeboot-init; NULL: the one that belongs to this program */
	const char *const *needs; /* NULL-terminated names of module needs (host/initrd/need.c);
				     NULL: all but those by name only */
	const char *const *more_needs;	  /* beside those; or NULL */
	const char *const *extra_modules; /* NULL-terminated, loaded last; or NULL */
	enum compression compression;
};

/*
 * Builds the initramfs: storeboot-init as /init, /dev/console, empty folders for the API mounts and
 * the new root, the modules as /modules/NAME.ko and /modules/order, which has one "NEED NAME.ko" a
 * line in load order; no /modules where none is needed. The same input gives the same bytes: no
 * times, owners or inode numbers of the host. Returns 0 with the archive appended to ret (a
 * multiple of 4 bytes long), or -errno with e (exit_status EXIT_BAD_INPUT, EXIT_MISSING,
 * EXIT_USAGE).
 */
_must_check_ int initrd_build(const struct initrd_options *o, struct buf *ret, struct err *e);

/*
 * The same through the cache ($XDG_CACHE_HOME/storeboot/initrd, keyed by the content of everything
 * that goes in): opens the archive read-only, close-on-exec. Returns the descriptor with its path
 * in ret_path (buf_free), or -errno. A cache that cannot be written is no error: the archive then
 * is in memory only and ret_path its /proc/self/fd name, which a child can open if it inherits the
 * descriptor under the same number.
 */
_must_check_ int initrd_open(const struct initrd_options *o, struct buf *ret_path, struct err *e);

/*
 * Appends to ret, which holds an initramfs, zeroes up to a multiple of 4 and an uncompressed
 * archive with one more file and the folders above it; the kernel unpacks it over the rest. name:
 * relative, as "etc/resolv.conf". Returns 0 or -errno with e.
 */
_must_check_ int initrd_extra_file(const char *name, mode_t mode, const void *data, size_t len,
				   struct buf *ret, struct err *e);

/*
 * Has the kernel what o->needs name, in its folder of modules or built in? Without such a folder
 * its configuration says so. Returns 0, -ENODATA where there is neither, or another -errno with e
 * (EXIT_BAD_INPUT) naming what is missing.
 */
_must_check_ int initrd_check_needs(const struct initrd_options *o, struct err *e);

/* `storeboot initrd`: argv[0] is "initrd". Returns the exit status. */
int cmd_initrd(int argc, char **argv);
extern const struct opt_command initrd_command;

#endif
