/* SPDX-License-Identifier: MIT */
/*
 * lz4.c - unpacking lz4's legacy format, the one that the kernel takes
 *
 * The formats are lz4's doc/lz4_Block_format.md and, for the frame, doc/lz4_Frame_format.md, "Legacy frame": a
 * magic number, then blocks with their packed size before each, which unpack to 8 MiB at most.
 */
#include "host/initrd/lz4.h"

#include <errno.h>
#include <stdint.h>

#define MAGIC 0x184c2102u
#define BLOCK_MAX ((size_t)8 << 20)
/* What does not pack grows by so much (lz4.h, LZ4_COMPRESSBOUND). */
#define PACKED_MAX (BLOCK_MAX + BLOCK_MAX / 255 + 16)
#define MATCH_MIN 4

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool lz4_known(const void *data, size_t len)
{
	return len >= 4 && le32(data) == MAGIC;
}

/* A length's four bits, and further bytes while they are 255. */
static int take_length(const uint8_t *in, size_t len, size_t *at, size_t nibble, size_t *ret)
{
	uint8_t more = nibble == 15 ? 255 : 0;

	for (*ret = nibble; more == 255; *ret += more) {
		if (*at == len || *ret > BLOCK_MAX)
			return -EBADMSG;
		more = in[(*at)++];
	}
	return 0;
}

/* What was written offset bytes ago, n of them; the two may overlap, which repeats. */
static int copy_back(struct buf *out, size_t start, size_t offset, size_t n)
{
	if (offset == 0 || offset > out->len - start || n > BLOCK_MAX - (out->len - start))
		return -EBADMSG;
	for (; n > 0; n--, out->len++)
		out->data[out->len] = out->data[out->len - offset];
	return 0;
}

/* out has room for BLOCK_MAX more. */
static int unpack_block(const uint8_t *in, size_t len, struct buf *out)
{
	const size_t start = out->len;
	size_t at = 0, n, offset;

	while (at < len) {
		const uint8_t token = in[at++];

		if (take_length(in, len, &at, token >> 4, &n) < 0 || n > len - at ||
		    n > BLOCK_MAX - (out->len - start))
			return -EBADMSG;
		memcpy(out->data + out->len, in + at, n);
		out->len += n;
		at += n;
		if (at == len) /* the last sequence is literals alone */
			return 0;
		if (len - at < 2)
			return -EBADMSG;
		offset = in[at] | (size_t)in[at + 1] << 8;
		at += 2;
		if (take_length(in, len, &at, token & 15, &n) < 0 ||
		    copy_back(out, start, offset, n + MATCH_MIN) < 0)
			return -EBADMSG;
	}
	return -EBADMSG;
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
		if (size == 0 || size > PACKED_MAX)
			break;
		if (len - at - 4 < size)
			return -ENODATA;
		r = buf_reserve(ret, BLOCK_MAX);
		if (r == 0)
			r = unpack_block(in + at + 4, size, ret);
		ret->data[ret->len] = '\0';
		if (r == 0 && ret->len - start > max)
			r = -EFBIG;
		if (r < 0)
			return r;
		at += 4 + size;
	}
	*ret_used = at;
	return 0;
}
