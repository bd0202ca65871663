/* SPDX-License-Identifier: MIT */
/* compress.h - compression of an initramfs */
#ifndef STOREBOOT_HOST_COMPRESS_H
#define STOREBOOT_HOST_COMPRESS_H

#include <stddef.h>

#include "init/lib/str.h"

enum compression { COMPRESS_AUTO, COMPRESS_NONE, COMPRESS_GZIP, COMPRESS_XZ, COMPRESS_ZSTD };

/* The values of --compress, in the enum's order, NULL-terminated. */
extern const char *const compress_names[];

/*
 * Appends data to ret, packed so that Linux can unpack it. The result is a valid file of its format
 * and a multiple of 4 bytes long, so that an uncompressed archive may follow (the kernel accepts
 * one only at an aligned offset, init/initramfs.c). how: not COMPRESS_AUTO. Returns 0, -EINVAL,
 * -EFBIG (gzip: over 4 GiB), -ENOMEM, or -EIO if the library fails.
 */
_must_check_ int compress_buf(enum compression how, const void *data, size_t len, struct buf *ret);

#endif
