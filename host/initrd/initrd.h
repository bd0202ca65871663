/* SPDX-License-Identifier: MIT */
/* initrd.h - building the initramfs */
#ifndef STOREBOOT_HOST_INITRD_H
#define STOREBOOT_HOST_INITRD_H

#include <stdint.h>
#include <sys/types.h>

#include "host/initrd/compress.h"
#include "host/lib/opt.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

struct initrd_options {
	const char *kernel;  /* bzImage, Image or vmlinux; NULL: no checks against a kernel */
	const char *modules; /* folder with [usr/]lib/modules/V, or V itself; NULL: no modules */
	const char *version; /* kernel release V; NULL: the kernel's own, or the only one */
	const char *init_program; /* storeboot-init; NULL: the one installed with this program */
	const char *const *needs; /* NULL-terminated names of needs (host/initrd/need.c); NULL: all
				     except those marked BY_NAME */
	const char *const *more_needs;	  /* added to needs; or NULL */
	const char *const *extra_modules; /* NULL-terminated, loaded last; or NULL */
	enum compression compression;
	uint64_t plain_max; /* initrd_open: leave an archive of at most so many bytes uncompressed,
			       in memory */
};

/*
 * Builds the initramfs: storeboot-init as /init, /dev/console, empty folders as mount points for
 * the API file systems and the new root, the modules as /modules/NAME.ko, and /modules/order with
 * one line "NEED NAME.ko" per module, in load order. There is no /modules if no module is needed.
 * The archive is reproducible: it has no times, owners or inode numbers of the host. Returns 0 with
 * the archive appended to ret (its length is a multiple of 4 bytes), or -errno with e (exit_status
 * EXIT_BAD_INPUT, EXIT_MISSING, EXIT_USAGE).
 */
_must_check_ int initrd_build(const struct initrd_options *o, struct buf *ret, struct err *e);

/*
 * Like initrd_build, but through a cache ($XDG_CACHE_HOME/storeboot/initrd, keyed by the content of
 * all inputs). Returns a read-only, close-on-exec descriptor of the archive and its path in
 * ret_path (buf_free), or -errno. If the cache cannot be written, or with plain_max, the archive
 * exists only in memory and ret_path is its /proc/self/fd name, which a child can open if it
 * inherits the descriptor under the same number.
 *
 * The cache has compressed archives only, since a file is hashed before it is used, and that takes
 * longer than to unpack it. If no module is packed, the uncompressed archive is made without the
 * cache.
 */
_must_check_ int initrd_open(const struct initrd_options *o, struct buf *ret_path, struct err *e);

/*
 * Appends to ret, which holds an initramfs, zeroes up to a multiple of 4 and an uncompressed
 * archive with one file and its parent folders. The kernel unpacks it over the rest. name:
 * relative, such as "etc/resolv.conf". Returns 0 or -errno with e.
 */
_must_check_ int initrd_extra_file(const char *name, mode_t mode, const void *data, size_t len,
				   struct buf *ret, struct err *e);

/*
 * Checks that the kernel has o->needs, as modules or built in. Without a folder of modules, reads
 * the kernel's configuration instead. Returns 0, -ENODATA if there is neither, or another -errno; e
 * (EXIT_BAD_INPUT) names what is missing.
 */
_must_check_ int initrd_check_needs(const struct initrd_options *o, struct err *e);

/* `storeboot initrd`: argv[0] is "initrd". Returns the exit status. */
int cmd_initrd(int argc, char **argv);
extern const struct opt_command initrd_command;

#endif
