/* SPDX-License-Identifier: MIT */
/* initrd_check.c - tests of telling a whole initramfs from one that is not */
#include "host/initrd/initrd_check.h"

#include <errno.h>

#include "host/initrd/compress.h"
#include "host/initrd/cpio.h"
#include "host/initrd/initrd.h"
#include "tests/lib/test.h"

static void make(struct buf *b)
{
	struct cpio c;

	cpio_begin(&c, b);
	CHECK_INT(cpio_folder(&c, "dev", 0755), 0);
	CHECK_INT(cpio_file(&c, "init", 0755, "#!/bin/sh\nexit\n", 15), 0);
	CHECK_INT(cpio_end(&c), 0);
}

/* No beginning of it is a whole one. */
static void every_cut(enum compression how)
{
	_cleanup_buf_ struct buf plain = { 0 }, b = { 0 };

	make(&plain);
	CHECK_INT(compress_buf(how, plain.data, plain.len, &b), 0);
	CHECK_INT(initrd_check(b.data, b.len), 0);
	for (size_t n = 0; n + 4 < b.len; n++)
		CHECK(initrd_check(b.data, n) < 0);
}

static void cut_anywhere(void)
{
	every_cut(COMPRESS_NONE);
	every_cut(COMPRESS_GZIP);
	every_cut(COMPRESS_XZ);
	every_cut(COMPRESS_ZSTD);
}

static void several_archives(void)
{
	_cleanup_buf_ struct buf b = { 0 }, plain = { 0 };
	struct err e = { 0 };

	make(&b);
	CHECK_INT(buf_add(&b, "\0\0\0\0\0\0\0\0", 8), 0);
	make(&plain);
	CHECK_INT(compress_buf(COMPRESS_ZSTD, plain.data, plain.len, &b), 0);
	CHECK_INT(initrd_extra_file("registration", 0644, "x\n", 2, &b, &e), 0);
	CHECK_INT(initrd_check(b.data, b.len), 0);
}

static void what_is_none(void)
{
	CHECK_INT(initrd_check("", 0), -ENODATA);
	CHECK_INT(initrd_check("\0\0\0\0", 4), -ENODATA);
	CHECK_INT(initrd_check("hello, world", 12), -ENOEXEC);
	CHECK_INT(initrd_check("\x7f"
			       "ELF",
			       4),
		  -ENOEXEC);
	CHECK_INT(initrd_check("BZh91AY", 7), 0); /* not unpacked here */
}

static void damaged(void)
{
	_cleanup_buf_ struct buf b = { 0 };

	make(&b);
	b.data[54] = 'z'; /* the first entry's size */
	CHECK_INT(initrd_check(b.data, b.len), -EBADMSG);
}

int main(void)
{
	RUN(cut_anywhere);
	RUN(several_archives);
	RUN(what_is_none);
	RUN(damaged);
	TEST_END();
}
