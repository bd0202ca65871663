/* SPDX-License-Identifier: MIT */
/* frame.c - tests of the frames between host and guest */
#include "init/lib/frame.h"

#include <errno.h>

#include "tests/lib/test.h"

static void there_and_back(void)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct frame f;
	int n;

	CHECK_INT(frame_put(&b, FRAME_OUT, 0x1234, "abc", 3), 0);
	CHECK_INT(frame_put_numbers(&b, FRAME_CONSOLE, 0, 2, 2, (const uint64_t[]){ 50, 200 }), 0);
	CHECK_INT(frame_put_credit(&b, 7, FRAME_IN, 262144), 0);
	CHECK_INT(b.len, FRAME_HEADER * 3 + 3 + 4 + 5);
	n = frame_take(b.data, b.len, &f);
	CHECK_INT(n, FRAME_HEADER + 3);
	CHECK_INT(f.kind, FRAME_OUT);
	CHECK_INT(f.session, 0x1234);
	CHECK(f.len == 3 && memcmp(f.data, "abc", 3) == 0);
	frame_drop(&b, (size_t)n);
	n = frame_take(b.data, b.len, &f);
	CHECK_INT(frame_number(&f, 0, 2), 50);
	CHECK_INT(frame_number(&f, 2, 2), 200);
	CHECK_INT(frame_number(&f, 4, 2), 0); /* there is no third one */
	frame_drop(&b, (size_t)n);
	n = frame_take(b.data, b.len, &f);
	CHECK_INT(f.kind, FRAME_CREDIT);
	CHECK_INT(f.data[0], FRAME_IN);
	CHECK_INT(frame_number(&f, 1, 4), 262144);
	frame_drop(&b, (size_t)n);
	CHECK_INT(b.len, 0);
	CHECK_INT(frame_take(b.data, b.len, &f), 0);
}

/* Little-endian on every machine. */
static void the_bytes(void)
{
	static const char want[] = { FRAME_SIGNAL, 0, 2, 1, 1, 0, 0, 0, 15 };
	_cleanup_buf_ struct buf b = { 0 };

	CHECK_INT(frame_put_numbers(&b, FRAME_SIGNAL, 0x102, 1, 1, &(const uint64_t){ 15 }), 0);
	CHECK(b.len == sizeof(want) && memcmp(b.data, want, sizeof(want)) == 0);
}

static void in_pieces(void)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct frame f;

	CHECK_INT(frame_put(&b, FRAME_ERR, 1, "some text", 9), 0);
	for (size_t len = 0; len < b.len; len++)
		CHECK_INT(frame_take(b.data, len, &f), 0);
	CHECK_INT(frame_take(b.data, b.len, &f), b.len);
}

static void what_is_none(void)
{
	static const unsigned char rows[][FRAME_HEADER] = {
		{ 0, 0, 0, 0, 0, 0, 0, 0 },	      /* no kind */
		{ FRAME_KINDS, 0, 0, 0, 0, 0, 0, 0 }, /* an unknown one */
		{ FRAME_OUT, 1, 0, 0, 0, 0, 0, 0 },   /* its second byte is 0 */
		{ FRAME_OUT, 0, 0, 0, 1, 0, 1, 0 },   /* 65537 bytes */
		{ FRAME_OUT, 0, 0, 0, 255, 255, 255, 255 },
	};
	_cleanup_free_ char *large = calloc(1, FRAME_PAYLOAD_MAX + 1);
	_cleanup_buf_ struct buf b = { 0 };
	struct frame f;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_INT(frame_take(rows[i], sizeof(rows[i]), &f), -EBADMSG);
	CHECK_INT(frame_put(&b, FRAME_OUT, 1, large, FRAME_PAYLOAD_MAX + 1), -EMSGSIZE);
	CHECK_INT(b.len, 0);
	CHECK_INT(frame_put(&b, FRAME_OUT, 1, large, FRAME_PAYLOAD_MAX), 0);
	CHECK_INT(frame_take(b.data, b.len, &f), FRAME_HEADER + FRAME_PAYLOAD_MAX);
}

int main(void)
{
	RUN(there_and_back);
	RUN(the_bytes);
	RUN(in_pieces);
	RUN(what_is_none);
	TEST_END();
}
