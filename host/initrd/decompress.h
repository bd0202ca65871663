/* SPDX-License-Identifier: MIT */
/* decompress.h - unpacking modules, kernel images and initramfs archives */
#ifndef STOREBOOT_HOST_DECOMPRESS_H
#define STOREBOOT_HOST_DECOMPRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "init/lib/str.h"

/* Is this gzip, xz or zstd, by its first bytes? */
bool decompress_known(const void *data, size_t len);

/*
 * Appends data to ret, unpacked if it is gzip, xz or zstd, else unchanged. Ignores data after the
 * end of the stream. Returns 0, -ENODATA if the stream is cut short, -EBADMSG if it is damaged,
 * -EFBIG over max bytes, or -ENOMEM.
 */
_must_check_ int decompress_buf(const void *data, size_t len, size_t max, struct buf *ret);

/*
 * Unpacks the first stream of data: gzip, xz, zstd or lz4's legacy format, as the kernel accepts
 * them in an initramfs. ret_used: the end of the stream. Returns as decompress_buf, or -ENOEXEC for
 * another format.
 */
_must_check_ int decompress_next(const void *data, size_t len, size_t max, struct buf *ret,
				 size_t *ret_used);

/* The format by its first bytes: "gzip", "xz", "zstd", "lz4", or NULL. */
const char *decompress_format(const void *data, size_t len);

/* The text for an error, to follow a file's name: "is cut short", "is damaged", or strerror(3). */
const char *decompress_why(int r);

#endif
