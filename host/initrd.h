/* SPDX-License-Identifier: MIT */
/* initrd.h - building the initramfs */
#ifndef STOREBOOT_HOST_INITRD_H
#define STOREBOOT_HOST_INITRD_H

#include <stdbool.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

enum compression { COMPRESS_AUTO, COMPRESS_NONE, COMPRESS_GZIP, COMPRESS_XZ, COMPRESS_ZSTD };

struct initrd_options {
	const char *kernel;  /* bzImage or Image; NULL: its version is not checked */
	const char *modules; /* a tree: DIR with lib/modules/V or usr/lib/modules/V, or V's folder
				itself; NULL: none */
	const char
		*version; /* kernel release; NULL: the kernel's own, or the only one in the tree */
	const char *init_program; /* storeboot-init; NULL: the one installed with this program */
	const char *const *needs; /* NULL-terminated names of module needs ("disk", "net", "cifs");
				     NULL: all */
	const char *const *extra_modules; /* NULL-terminated, loaded last; or NULL */
	enum compression compression;
};

/*
 * Builds the initramfs: storeboot-init as /init, empty folders for the API mounts, /modules/order
 * and the modules it names. The same input gives the same bytes: no times, owners or inode numbers
 * of the host. Returns 0 with the archive appended to ret, or -errno with e (exit_status
 * EXIT_BAD_INPUT, EXIT_MISSING).
 */
_must_check_ int initrd_build(const struct initrd_options *o, struct buf *ret, struct err *e);

/*
 * The same through the cache ($XDG_CACHE_HOME/storeboot/initrd, keyed by the content of everything
 * that goes in): opens the archive read-only. Returns the descriptor with its path in ret_path
 * (buf_free), or -errno. A cache that cannot be written is no error: the archive then is an
 * unlinked file and ret_path its /proc/self/fd name.
 */
_must_check_ int initrd_open(const struct initrd_options *o, struct buf *ret_path, struct err *e);

/* One uncompressed newc archive that holds a single file, to be appended to an initramfs (the
 * kernel reads concatenated ones). */
_must_check_ int initrd_extra_file(const char *name, const void *data, size_t len, struct buf *ret,
				   struct err *e);

/* `storeboot initrd`: argv[0] is "initrd". Returns the exit status. */
int cmd_initrd(int argc, char **argv);

#endif
