/* SPDX-License-Identifier: MIT */
/* frame.c - frames that carry commands and their streams between host and guest */
#include "init/lib/frame.h"

#include <errno.h>
#include <string.h>

static void put_number(unsigned char *to, unsigned int width, uint64_t v)
{
	for (unsigned int i = 0; i < width; i++)
		to[i] = (unsigned char)(v >> (8 * i));
}

static uint64_t get_number(const unsigned char *from, unsigned int width)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < width; i++)
		v |= (uint64_t)from[i] << (8 * i);
	return v;
}

int frame_put(struct buf *b, enum frame_kind kind, uint16_t session, const void *data, size_t len)
{
	unsigned char header[FRAME_HEADER] = { (unsigned char)kind };
	int r;

	if (len > FRAME_PAYLOAD_MAX)
		return -EMSGSIZE;
	put_number(header + 2, 2, session);
	put_number(header + 4, 4, len);
	r = buf_reserve(b, sizeof(header) + len); /* add the frame whole or not at all */
	if (r == 0)
		r = buf_add(b, header, sizeof(header));
	return r < 0 || len == 0 ? r : buf_add(b, data, len);
}

int frame_put_numbers(struct buf *b, enum frame_kind kind, uint16_t session, unsigned int width,
		      unsigned int n, const uint64_t *numbers)
{
	unsigned char payload[32];

	if ((size_t)width * n > sizeof(payload))
		return -EMSGSIZE;
	for (unsigned int i = 0; i < n; i++)
		put_number(payload + (size_t)i * width, width, numbers[i]);
	return frame_put(b, kind, session, payload, (size_t)width * n);
}

int frame_put_credit(struct buf *b, uint16_t session, enum frame_kind stream, uint32_t bytes)
{
	unsigned char payload[5] = { (unsigned char)stream };

	put_number(payload + 1, 4, bytes);
	return frame_put(b, FRAME_CREDIT, session, payload, sizeof(payload));
}

int frame_put_text(struct buf *b, enum frame_kind kind, uint16_t session, int status,
		   const char *text)
{
	unsigned char payload[4 + FRAME_TEXT_MAX];
	size_t len = strnlen(text, FRAME_TEXT_MAX);

	put_number(payload, 4, (unsigned int)status);
	memcpy(payload + 4, text, len);
	return frame_put(b, kind, session, payload, 4 + len);
}

void frame_text(const struct frame *f, char *ret, size_t size)
{
	size_t len = f->len > 4 ? f->len - 4 : 0;

	if (len > size - 1)
		len = size - 1;
	if (len > 0)
		memcpy(ret, f->data + 4, len);
	ret[len] = '\0';
}

uint64_t frame_number(const struct frame *f, size_t at, unsigned int width)
{
	return at + width <= f->len ? get_number(f->data + at, width) : 0;
}

int frame_take(const void *data, size_t len, struct frame *ret)
{
	const unsigned char *p = data;
	size_t payload;

	if (len == 0)
		return 0;
	if (p[0] == 0 || p[0] >= FRAME_KINDS || (len > 1 && p[1] != 0))
		return -EBADMSG;
	if (len < FRAME_HEADER)
		return 0;
	payload = (size_t)get_number(p + 4, 4);
	if (payload > FRAME_PAYLOAD_MAX)
		return -EBADMSG;
	if (len - FRAME_HEADER < payload)
		return 0;
	*ret = (struct frame){ .kind = (enum frame_kind)p[0],
			       .session = (uint16_t)get_number(p + 2, 2),
			       .len = payload,
			       .data = p + FRAME_HEADER };
	return (int)(FRAME_HEADER + payload);
}

void frame_drop(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n + 1);
	b->len -= n;
}
