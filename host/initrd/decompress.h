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
 * Appends what data holds to ret: unpacked if it is gzip, xz or zstd, else as it is. What follows
 * the end of the stream is not looked at. Returns 0, -ENODATA when the stream is cut short,
 * -EBADMSG when it is damaged, -EFBIG when there are more than max bytes, -ENOMEM.
 */
_must_check_ int decompress_buf(const void *data, size_t len, size_t max, struct buf *ret);

/*
 * The same for one stream among others: gzip, xz, zstd or lz4's legacy format, as the kernel takes
 * them for an initramfs. ret_used: where the stream ends. Returns as decompress_buf, or -ENOEXEC
 * for none of these.
 */
_must_check_ int decompress_next(const void *data, size_t len, size_t max, struct buf *ret,
				 size_t *ret_used);

/* What it is, by its first bytes: "gzip", "xz", "zstd", "lz4", or NULL. */
const char *decompress_format(const void *data, size_t len);

/* Why it failed, for a person: "is cut short", "is damaged", or strerror's words. */
const char *decompress_why(int r);

#endif
