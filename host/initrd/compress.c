/* SPDX-License-Identifier: MIT */
/*
 * compress.c - packing an initramfs: gzip, xz, zstd
 *
 * The levels were measured with Debian's 6.1 kernel and its 21 modules, 6.5 MB unpacked
 * (tests/bench/initrd.sh repeats it). In the guest gzip and zstd cost the same at every level; xz
 * costs four to five times as much. Higher levels take longer to build and save almost nothing.
 */
#include "host/initrd/compress.h"

#include <errno.h>
#include <lzma.h>
#include <stdint.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define GZIP_LEVEL 6
#define XZ_LEVEL 6
#define ZSTD_LEVEL 9

const char *const compress_names[] = { "auto", "none", "gzip", "xz", "zstd", NULL };

/* Pads with zeroes to a multiple of 4; gzip(1) and the kernel skip them. */
static int pad(struct buf *ret, size_t start)
{
	static const char zeroes[4];

	return buf_add(ret, zeroes, -(ret->len - start) & 3);
}

static int none(const void *data, size_t len, struct buf *ret)
{
	return buf_add(ret, data, len);
}

static int gzip(const void *data, size_t len, struct buf *ret)
{
	z_stream z = { 0 };
	size_t bound;
	int r;

	if (len > UINT32_MAX)
		return -EFBIG;
	/* 16 + 15: a gzip header without name and time. */
	if (deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	bound = deflateBound(&z, len);
	r = buf_reserve(ret, bound);
	if (r == 0) {
		z.next_in = (Bytef *)(uintptr_t)data;
		z.avail_in = (uInt)len;
		z.next_out = (Bytef *)ret->data + ret->len;
		z.avail_out = (uInt)bound;
		r = deflate(&z, Z_FINISH) == Z_STREAM_END ? 0 : -EIO;
	}
	if (r == 0)
		ret->len += z.total_out;
	deflateEnd(&z);
	return r;
}

/* CRC32: the kernel's decoder does not support CRC64 (Documentation/staging/xz.rst). */
static int xz(const void *data, size_t len, struct buf *ret)
{
	size_t bound = lzma_stream_buffer_bound(len), pos = 0;
	int r = buf_reserve(ret, bound);
	lzma_ret x;

	if (r < 0)
		return r;
	x = lzma_easy_buffer_encode(XZ_LEVEL, LZMA_CHECK_CRC32, NULL, data, len,
				    (uint8_t *)ret->data + ret->len, &pos, bound);
	if (x != LZMA_OK)
		return x == LZMA_MEM_ERROR ? -ENOMEM : -EIO;
	ret->len += pos;
	return 0;
}

/* The length of a frame's header, from its descriptor byte (RFC 8878, 3.1.1.1). */
static size_t zstd_header_len(const uint8_t *frame)
{
	static const uint8_t dict_len[] = { 0, 1, 2, 4 }, size_len[] = { 0, 2, 4, 8 };
	uint8_t d = frame[4];
	bool single_segment = d & 0x20;
	size_t n = 4 + 1 + dict_len[d & 3] + size_len[d >> 6];

	if (single_segment)
		return n + (d >> 6 == 0);
	return n + 1; /* the window descriptor */
}

/* zstd(1) rejects zeroes after a frame, so extend the frame itself to a multiple of 4: an empty raw
 * block that is not the last is 3 zero bytes (RFC 8878, 3.1.1.2). */
static int zstd_align(struct buf *ret, size_t start)
{
	size_t extra = 3 * ((ret->len - start) & 3); /* n + 3n = 4n */
	size_t at = start + zstd_header_len((const uint8_t *)ret->data + start);
	int r = buf_reserve(ret, extra);

	if (r < 0)
		return r;
	memmove(ret->data + at + extra, ret->data + at, ret->len - at);
	memset(ret->data + at, 0, extra);
	ret->len += extra;
	return 0;
}

static int zstd_error(size_t code)
{
	if (!ZSTD_isError(code))
		return 0;
	return ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation ? -ENOMEM : -EIO;
}

static int zstd(const void *data, size_t len, struct buf *ret)
{
	size_t bound = ZSTD_compressBound(len), start = ret->len, n = 0;
	ZSTD_CCtx *c = ZSTD_createCCtx();
	int r = c ? buf_reserve(ret, bound) : -ENOMEM;

	if (r == 0)
		r = zstd_error(ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, ZSTD_LEVEL));
	if (r == 0)
		r = zstd_error(ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1));
	if (r == 0) {
		n = ZSTD_compress2(c, ret->data + start, bound, data, len);
		r = zstd_error(n);
	}
	ZSTD_freeCCtx(c);
	if (r < 0)
		return r;
	ret->len += n;
	return zstd_align(ret, start);
}

int compress_buf(enum compression how, const void *data, size_t len, struct buf *ret)
{
	static int (*const packers[])(const void *, size_t, struct buf *) = {
		[COMPRESS_NONE] = none,
		[COMPRESS_GZIP] = gzip,
		[COMPRESS_XZ] = xz,
		[COMPRESS_ZSTD] = zstd,
	};
	size_t start = ret->len;
	int r;

	if (how <= COMPRESS_AUTO || how > COMPRESS_ZSTD)
		return -EINVAL;
	r = packers[how](data, len, ret);
	return r < 0 ? r : pad(ret, start);
}
