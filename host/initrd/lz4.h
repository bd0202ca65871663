/* SPDX-License-Identifier: MIT */
/* lz4.h - unpacking lz4's legacy format, the one that the kernel takes */
#ifndef STOREBOOT_HOST_LZ4_H
#define STOREBOOT_HOST_LZ4_H

#include <stdbool.h>
#include <stddef.h>

#include "init/lib/str.h"

bool lz4_known(const void *data, size_t len);

/*
 * Appends what it holds to ret. ret_used: where the stream ends; the format has no mark for that,
 * so it is where the input ends or what follows can be no block (lib/decompress_unlz4.c). Returns
 * 0, -ENOEXEC for another format, -ENODATA when it is cut short, -EBADMSG when it is damaged,
 * -EFBIG over max bytes, -ENOMEM.
 */
_must_check_ int lz4_unpack(const void *data, size_t len, size_t max, struct buf *ret,
			    size_t *ret_used);

#endif
