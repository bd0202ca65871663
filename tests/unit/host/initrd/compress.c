/* SPDX-License-Identifier: MIT */
/* compress.c - tests of packing and unpacking */
#include "host/initrd/compress.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/initrd/decompress.h"
#include "init/lib/file.h"
#include "tests/lib/test.h"

#define MAX ((size_t)1 << 20)

static const enum compression packed[] = { COMPRESS_GZIP, COMPRESS_XZ, COMPRESS_ZSTD };

/* Text that packs, of any length. */
static void fill(struct buf *b, size_t len)
{
	unsigned int seed = 1;

	while (b->len < len) {
		seed = seed * 1103515245 + 12345;
		CHECK_INT(buf_addf(b, "%u modules %u ", seed >> 28, seed >> 20), 0);
	}
	b->len = len;
	b->data[len] = '\0';
}

static void round_trip(enum compression how, size_t len)
{
	_cleanup_buf_ struct buf in = { 0 }, out = { 0 }, back = { 0 };

	fill(&in, len);
	CHECK_INT(buf_add(&out, "abc", 3), 0); /* alignment counts from where it appends */
	CHECK_INT(compress_buf(how, in.data, in.len, &out), 0);
	CHECK_INT((out.len - 3) % 4, 0);
	CHECK_INT(decompress_buf(out.data + 3, out.len - 3, MAX, &back), 0);
	CHECK(back.len >= in.len && memcmp(back.data, in.data, in.len) == 0);
	if (how != COMPRESS_NONE)
		CHECK_INT(back.len, in.len);
}

static void all_lengths_come_back(void)
{
	for (enum compression how = COMPRESS_NONE; how <= COMPRESS_ZSTD; how++) {
		for (size_t len = 1; len < 40; len++)
			round_trip(how, len);
		round_trip(how, 100003);
	}
}

static void same_bytes_each_time(void)
{
	_cleanup_buf_ struct buf in = { 0 };

	fill(&in, 50000);
	for (size_t i = 0; i < ARRAY_SIZE(packed); i++) {
		_cleanup_buf_ struct buf a = { 0 }, b = { 0 };

		CHECK_INT(compress_buf(packed[i], in.data, in.len, &a), 0);
		CHECK_INT(compress_buf(packed[i], in.data, in.len, &b), 0);
		CHECK_INT(a.len, b.len);
		CHECK(memcmp(a.data, b.data, a.len) == 0);
		CHECK(a.len < in.len / 2);
	}
}

static void auto_is_the_callers_business(void)
{
	_cleanup_buf_ struct buf b = { 0 };

	CHECK_INT(compress_buf(COMPRESS_AUTO, "x", 1, &b), -EINVAL);
	CHECK_INT(b.len, 0);
}

/* Every cut within the stream is seen; only a cut in the zeroes behind it does no harm. */
static void every_cut_is_seen(void)
{
	_cleanup_buf_ struct buf in = { 0 };

	fill(&in, 3000);
	for (size_t i = 0; i < ARRAY_SIZE(packed); i++) {
		_cleanup_buf_ struct buf a = { 0 };
		size_t end;

		CHECK_INT(compress_buf(packed[i], in.data, in.len, &a), 0);
		end = a.len;
		while (packed[i] == COMPRESS_GZIP && end > 4 && a.data[end - 1] == 0)
			end--;
		for (size_t len = 6; len + 4 < end; len++) {
			_cleanup_buf_ struct buf back = { 0 };

			CHECK_INT(decompress_buf(a.data, len, MAX, &back), -ENODATA);
		}
	}
}

static void damage_is_seen(void)
{
	_cleanup_buf_ struct buf in = { 0 };

	fill(&in, 3000);
	for (size_t i = 0; i < ARRAY_SIZE(packed); i++) {
		_cleanup_buf_ struct buf a = { 0 }, back = { 0 };
		int r;

		CHECK_INT(compress_buf(packed[i], in.data, in.len, &a), 0);
		a.data[a.len / 2] ^= 0x55;
		r = decompress_buf(a.data, a.len, MAX, &back);
		CHECK(r == -EBADMSG || r == -ENODATA);
	}
}

static void limit_holds(void)
{
	_cleanup_buf_ struct buf in = { 0 }, a = { 0 }, back = { 0 };

	fill(&in, 300000);
	CHECK_INT(compress_buf(COMPRESS_ZSTD, in.data, in.len, &a), 0);
	CHECK_INT(decompress_buf(a.data, a.len, 99999, &back), -EFBIG);
	CHECK_INT(back.len, 100000); /* no more is unpacked than shows that it is too much */
	CHECK_INT(decompress_buf("plain", 5, 4, &back), -EFBIG);
}

#ifndef __SANITIZE_ADDRESS__
/* Packs with so much more address space than now. Returns 0 or -errno. */
static int pack_within(enum compression how, const struct buf *in, size_t more)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		_cleanup_buf_ struct buf out = { 0 }, line = { 0 };
		unsigned long pages = 0;
		struct rlimit limit;

		if (file_read(AT_FDCWD, "/proc/self/statm", 4096, &line) < 0 ||
		    sscanf(line.data, "%lu", &pages) != 1)
			_exit(255);
		limit.rlim_cur = limit.rlim_max = pages * 4096 + more;
		if (setrlimit(RLIMIT_AS, &limit) < 0)
			_exit(255);
		_exit(-compress_buf(how, in->data, in->len, &out));
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return -WEXITSTATUS(status);
}

/* At whatever allocation it happens. */
static void out_of_memory_is_said_as_such(void)
{
	_cleanup_buf_ struct buf in = { 0 };

	fill(&in, 3000000);
	for (size_t i = 0; i < ARRAY_SIZE(packed); i++) {
		size_t failed = 0;

		for (size_t more = 0; more < (size_t)24 << 20; more += 1000000) {
			int r = pack_within(packed[i], &in, more);

			CHECK(r == 0 || r == -ENOMEM);
			failed += r != 0;
		}
		CHECK(failed > 0);
	}
}
#endif

int main(void)
{
#ifdef __SANITIZE_ADDRESS__
	SKIP("out_of_memory_is_said_as_such", "the sanitizer needs all of the address space");
#else
	/* The first one: memory that others have freed would do. */
	RUN(out_of_memory_is_said_as_such);
#endif
	RUN(all_lengths_come_back);
	RUN(same_bytes_each_time);
	RUN(auto_is_the_callers_business);
	RUN(every_cut_is_seen);
	RUN(damage_is_seen);
	RUN(limit_holds);
	TEST_END();
}
