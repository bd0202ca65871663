/* SPDX-License-Identifier: MIT */
/* lz4.h - unpacking lz4's legacy format, the only one that the kernel supports */
#ifndef STOREBOOT_HOST_LZ4_H
#define STOREBOOT_HOST_LZ4_H

#include <stdbool.h>
#include <stddef.h>

#include "init/lib/str.h"

bool lz4_known(const void *data, size_t len);

/*
 * Appends the unpacked data to ret. ret_used: the end of the stream. The format does not mark it,
 * so it is the end of the input or the first bytes that cannot be a block (lib/decompress_unlz4.c).
 * Returns 0, -ENOEXEC for another format, -ENODATA if it is cut short, -EBADMSG if it is damaged,
 * -EFBIG over max bytes, or -ENOMEM.
 */
_must_check_ int lz4_unpack(const void *data, size_t len, size_t max, struct buf *ret,
			    size_t *ret_used);

#endif
