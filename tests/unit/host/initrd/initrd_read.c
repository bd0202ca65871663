/* SPDX-License-Identifier: MIT */
/* initrd_read.c - tests of reading an initramfs, and of lz4 */
#include "host/initrd/initrd_read.h"

#include <errno.h>

#include "host/initrd/compress.h"
#include "host/initrd/cpio.h"
#include "host/initrd/lz4.h"
#include "tests/lib/test.h"

static void archive(struct buf *b, const char *name, const char *content)
{
	struct cpio c;

	cpio_begin(&c, b);
	CHECK_INT(cpio_folder(&c, "dir", 0755), 0);
	CHECK_INT(cpio_file(&c, name, 0644, content, strlen(content)), 0);
	CHECK_INT(cpio_end(&c), 0);
}

static void parts_and_names(void)
{
	_cleanup_(initrd_content_free) struct initrd_content c = { 0 };
	_cleanup_buf_ struct buf b = { 0 }, second = { 0 }, third = { 0 };
	size_t first_len, second_len;

	archive(&b, "dir/a", "old");
	first_len = b.len;
	CHECK_INT(buf_add(&b, "\0\0\0\0\0\0\0\0", 8), 0);
	archive(&second, "./dir/a", "new");
	CHECK_INT(compress_buf(COMPRESS_ZSTD, second.data, second.len, &b), 0);
	second_len = b.len - first_len - 8;
	archive(&third, "/b", "b");
	CHECK_INT(compress_buf(COMPRESS_GZIP, third.data, third.len, &b), 0);
	CHECK_INT(initrd_read(b.data, b.len, &c), 0);
	CHECK_INT(c.n_parts, 3);
	CHECK_INT(c.n, 6);
	CHECK_STR(c.parts[0].format, "cpio");
	CHECK_INT(c.parts[0].size, first_len);
	CHECK_STR(c.parts[1].format, "zstd");
	CHECK_INT(c.parts[1].offset, first_len + 8);
	CHECK_INT(c.parts[1].size, second_len);
	CHECK_INT(c.parts[1].plain_size, second.len);
	CHECK_STR(c.parts[2].format, "gzip");
	CHECK_INT(c.parts[2].entries, 2);
	CHECK(initrd_find(&c, "/dir/a") == &c.v[3]);
	CHECK(initrd_find(&c, "./b") == &c.v[5]);
	CHECK(!initrd_find(&c, "dir/b"));
	CHECK_INT(memcmp(c.v[3].data, "new", 3), 0);
}

/* Where it failed is the last part. */
static void what_is_not_whole(void)
{
	_cleanup_(initrd_content_free) struct initrd_content c = { 0 };
	_cleanup_buf_ struct buf b = { 0 };

	archive(&b, "a", "a");
	CHECK_INT(buf_add(&b, "junk", 4), 0);
	CHECK_INT(initrd_read(b.data, b.len, &c), -ENODATA);
	CHECK_INT(c.n_parts, 2);
	CHECK_INT(c.parts[1].offset, b.len - 4);
	CHECK_INT(c.n, 2);
}

static void format_is_named(void)
{
	_cleanup_(initrd_content_free) struct initrd_content c = { 0 };

	CHECK_INT(initrd_read("BZh91AY", 7, &c), 0);
	CHECK(c.parts[0].unread);
	CHECK_STR(c.parts[0].format, "bzip2");
}

#define LZ4 "\x02\x21\x4c\x18"

static void lz4_blocks(void)
{
	static const struct {
		const char *data;
		size_t len;
		int want;
		const char *text;
	} rows[] = {
		{ LZ4, 4, 0, "" },
		{ LZ4 "\4\0\0\0\x30"
		      "abc",
		  12, 0, "abc" },
		/* A match that overlaps what it makes: a letter, 19 more of it, and the last
		   literals. */
		{ LZ4 "\13\0\0\0\x1f"
		      "a\1\0\0\x50"
		      "bcdef",
		  19, 0, "aaaaaaaaaaaaaaaaaaaabcdef" },
		/* Two blocks; zeroes, or what can be no block, end it. */
		{ LZ4 "\2\0\0\0\x10"
		      "a"
		      "\2\0\0\0\x10"
		      "b"
		      "\0\0\0\0",
		  20, 0, "ab" },
		{ LZ4 "\2\0\0\0\x10"
		      "a"
		      "0707",
		  14, 0, "a" },
		{ LZ4 "\4\0\0\0\x30"
		      "ab",
		  11, -ENODATA, "" },
		/* More literals than there are; an offset from before the block; no last literals.
		 */
		{ LZ4 "\4\0\0\0\x40"
		      "abc",
		  12, -EBADMSG, "" },
		{ LZ4 "\13\0\0\0\x1f"
		      "a\2\0\0\x50"
		      "bcdef",
		  19, -EBADMSG, "" },
		{ LZ4 "\4\0\0\0\x14"
		      "a\1\0",
		  12, -EBADMSG, "" },
		{ LZ4 "\2\0\0\0\xf0\xff", 10, -EBADMSG, "" },
		{ "none", 4, -ENOEXEC, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf b = { 0 };
		size_t used = 0;

		CHECK_INT(lz4_unpack(rows[i].data, rows[i].len, 1024, &b, &used), rows[i].want);
		if (rows[i].want == 0) {
			CHECK_STR(b.data ? b.data : "", rows[i].text);
			CHECK(used <= rows[i].len);
		}
	}
}

static void lz4_limit(void)
{
	_cleanup_buf_ struct buf b = { 0 };
	size_t used;

	CHECK_INT(lz4_unpack(LZ4 "\4\0\0\0\x30"
				 "abc",
			     12, 2, &b, &used),
		  -EFBIG);
}

int main(void)
{
	RUN(parts_and_names);
	RUN(what_is_not_whole);
	RUN(format_is_named);
	RUN(lz4_blocks);
	RUN(lz4_limit);
	TEST_END();
}
