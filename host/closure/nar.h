/* SPDX-License-Identifier: MIT */
/* nar.h - the hash and size of a path's NAR serialisation */
#ifndef STOREBOOT_HOST_NAR_H
#define STOREBOOT_HOST_NAR_H

#include <stddef.h>
#include <stdint.h>

#include "init/lib/err.h"

#define NAR_HASH_SIZE 32 /* SHA-256 */

/* Receives the next len bytes of an archive. Returns 0 or -errno, which ends nar_write. */
typedef int nar_sink(void *arg, const void *data, size_t len);

/*
 * Serialises path (a file, folder or symbolic link; links are not followed) into sink, as
 * `nix-store --dump` does (Dolstra's thesis, 5.2.1, figure 5.2). Holds only a folder's names in
 * memory, not contents. Returns 0 or -errno with e: -ENOTSUP for a device, socket or FIFO, -EIO for
 * a file that changes while it is read.
 */
_must_check_ int nar_write(const char *path, nar_sink *sink, void *arg, struct err *e);

/* The SHA-256 and length in bytes of the serialisation, for `nix-store --register-validity`.
 * Returns as nar_write. */
_must_check_ int nar_hash(const char *path, uint8_t ret_hash[NAR_HASH_SIZE], uint64_t *ret_size,
			  struct err *e);

#endif
