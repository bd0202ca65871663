/* SPDX-License-Identifier: MIT */
/* decompress.c - unpacking gzip, xz and zstd into a growing buffer */
#include "host/initrd/decompress.h"

#include <errno.h>
#include <lzma.h>
#include <stdint.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "host/initrd/lz4.h"

#define XZ_MEMORY_MAX ((uint64_t)256 << 20)

/* Input and output of one call of codec.step, which advances in, fills out, and returns 1 at the
 * end of the stream, 0, or -errno. */
struct chunk {
	const uint8_t *in;
	size_t in_len;
	uint8_t *out;
	size_t out_len;
};

struct codec {
	const char *name;
	const char *magic;
	size_t magic_len;
	void *(*open)(void);
	int (*step)(void *state, struct chunk *c);
	void (*close)(void *state);
};

static void *gzip_open(void)
{
	z_stream *z = calloc(1, sizeof(*z));

	if (z && inflateInit2(z, 16 + 15) != Z_OK) {
		free(z);
		return NULL;
	}
	return z;
}

static uInt uint_of(size_t n)
{
	return n > UINT32_MAX ? UINT32_MAX : (uInt)n;
}

static int gzip_step(void *state, struct chunk *c)
{
	z_stream *z = state;
	uInt in = uint_of(c->in_len), out = uint_of(c->out_len);
	int r;

	z->next_in = (Bytef *)(uintptr_t)c->in;
	z->avail_in = in;
	z->next_out = c->out;
	z->avail_out = out;
	r = inflate(z, Z_NO_FLUSH);
	c->in += in - z->avail_in;
	c->in_len -= in - z->avail_in;
	c->out_len -= out - z->avail_out;
	if (r == Z_STREAM_END)
		return 1;
	if (r == Z_MEM_ERROR)
		return -ENOMEM;
	return r == Z_OK || r == Z_BUF_ERROR ? 0 : -EBADMSG;
}

static void gzip_close(void *state)
{
	inflateEnd(state);
	free(state);
}

static void *xz_open(void)
{
	lzma_stream *x = calloc(1, sizeof(*x));

	if (x && lzma_stream_decoder(x, XZ_MEMORY_MAX, 0) != LZMA_OK) {
		free(x);
		return NULL;
	}
	return x;
}

static int xz_step(void *state, struct chunk *c)
{
	lzma_stream *x = state;
	lzma_ret r;

	x->next_in = c->in;
	x->avail_in = c->in_len;
	x->next_out = c->out;
	x->avail_out = c->out_len;
	r = lzma_code(x, LZMA_RUN);
	c->in = x->next_in;
	c->in_len = x->avail_in;
	c->out_len = x->avail_out;
	if (r == LZMA_STREAM_END)
		return 1;
	if (r == LZMA_MEM_ERROR)
		return -ENOMEM;
	if (r == LZMA_MEMLIMIT_ERROR) /* its header asks for more than XZ_MEMORY_MAX */
		return -EFBIG;
	return r == LZMA_OK || r == LZMA_BUF_ERROR ? 0 : -EBADMSG;
}

static void xz_close(void *state)
{
	lzma_end(state);
	free(state);
}

static void *zstd_open(void)
{
	return ZSTD_createDCtx();
}

static int zstd_step(void *state, struct chunk *c)
{
	ZSTD_inBuffer in = { c->in, c->in_len, 0 };
	ZSTD_outBuffer out = { c->out, c->out_len, 0 };
	size_t r = ZSTD_decompressStream(state, &out, &in);

	c->in += in.pos;
	c->in_len -= in.pos;
	c->out_len -= out.pos;
	switch (ZSTD_getErrorCode(r)) {
	case ZSTD_error_no_error:
		return r == 0;
	case ZSTD_error_memory_allocation:
		return -ENOMEM;
	case ZSTD_error_frameParameter_windowTooLarge:
		return -EFBIG;
	default:
		return -EBADMSG;
	}
}

static void zstd_close(void *state)
{
	ZSTD_freeDCtx(state);
}

static const struct codec codecs[] = {
	{ "gzip", "\x1f\x8b", 2, gzip_open, gzip_step, gzip_close },
	{ "xz", "\xfd\x37zXZ\0", 6, xz_open, xz_step, xz_close },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, zstd_open, zstd_step, zstd_close },
};

static const struct codec *codec_of(const void *data, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(codecs); i++)
		if (len >= codecs[i].magic_len &&
		    memcmp(data, codecs[i].magic, codecs[i].magic_len) == 0)
			return &codecs[i];
	return NULL;
}

bool decompress_known(const void *data, size_t len)
{
	return codec_of(data, len) != NULL;
}

static int run(const struct codec *codec, void *state, const uint8_t *data, size_t len, size_t max,
	       struct buf *ret, size_t *ret_used)
{
	struct chunk c = { data, len, NULL, 0 };
	size_t start = ret->len;

	for (;;) {
		size_t in_before = c.in_len, done = ret->len - start;
		size_t room = done > 65536 ? done : 65536;
		int r;

		if (room > max - done) /* one byte over the limit, to detect excess */
			room = max - done + 1;
		r = buf_reserve(ret, room);
		if (r < 0)
			return r;
		c.out = (uint8_t *)ret->data + ret->len;
		c.out_len = room;
		r = codec->step(state, &c);
		if (r < 0)
			return r;
		ret->len += room - c.out_len;
		ret->data[ret->len] = '\0';
		if (ret->len - start > max)
			return -EFBIG;
		if (r == 1) {
			*ret_used = len - c.in_len;
			return 0;
		}
		if (c.in_len == in_before && c.out_len == room)
			return -ENODATA;
	}
}

static int unpack(const struct codec *codec, const void *data, size_t len, size_t max,
		  struct buf *ret, size_t *ret_used)
{
	void *state = codec->open();
	int r;

	if (!state)
		return -ENOMEM;
	r = run(codec, state, data, len, max, ret, ret_used);
	codec->close(state);
	return r;
}

int decompress_buf(const void *data, size_t len, size_t max, struct buf *ret)
{
	const struct codec *codec = codec_of(data, len);
	size_t used;

	if (!codec)
		return len > max ? -EFBIG : buf_add(ret, data, len);
	return unpack(codec, data, len, max, ret, &used);
}

const char *decompress_format(const void *data, size_t len)
{
	const struct codec *codec = codec_of(data, len);

	return codec ? codec->name : lz4_known(data, len) ? "lz4" : NULL;
}

int decompress_next(const void *data, size_t len, size_t max, struct buf *ret, size_t *ret_used)
{
	const struct codec *codec = codec_of(data, len);

	if (!codec)
		return lz4_unpack(data, len, max, ret, ret_used);
	return unpack(codec, data, len, max, ret, ret_used);
}

const char *decompress_why(int r)
{
	switch (r) {
	case -ENODATA:
		return "is cut short";
	case -EBADMSG:
		return "is damaged";
	case -EFBIG:
		return "is too large";
	default:
		return strerror(-r);
	}
}
