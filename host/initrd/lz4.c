/* SPDX-License-Identifier: MIT */
/*
 * lz4.c - unpacking lz4's legacy format, the only one that the kernel supports
 *
 * The format is a magic number and blocks, each preceded by its packed size, of at most 8 MiB
 * unpacked (lz4's doc/lz4_Frame_format.md, "Legacy frame"). liblz4 supports only the newer frame
 * (lz4frame.h), but its blocks are the same.
 */
#include "host/initrd/lz4.h"

#include <errno.h>
#include <lz4.h>
#include <stdint.h>

#define MAGIC 0x184c2102u
#define BLOCK_MAX (8 << 20)

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool lz4_known(const void *data, size_t len)
{
	return len >= 4 && le32(data) == MAGIC;
}

int lz4_unpack(const void *data, size_t len, size_t max, struct buf *ret, size_t *ret_used)
{
	const uint8_t *in = data;
	const size_t start = ret->len;
	size_t at = 0;

	if (!lz4_known(data, len))
		return -ENOEXEC;
	while (len - at >= 4) {
		const uint32_t size = le32(in + at);
		int r;

		if (size == MAGIC) {
			at += 4;
			continue;
		}
		if (size == 0 || size > LZ4_COMPRESSBOUND(BLOCK_MAX))
			break;
		if (len - at - 4 < size)
			return -ENODATA;
		r = buf_reserve(ret, BLOCK_MAX);
		if (r < 0)
			return r;
		r = LZ4_decompress_safe((const char *)in + at + 4, ret->data + ret->len, (int)size,
					BLOCK_MAX);
		ret->len += r < 0 ? 0 : (size_t)r;
		ret->data[ret->len] = '\0';
		if (r < 0)
			return -EBADMSG;
		if (ret->len - start > max)
			return -EFBIG;
		at += 4 + size;
	}
	*ret_used = at;
	return 0;
}
