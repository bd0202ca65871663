/* SPDX-License-Identifier: MIT */
/*
 * powercut.h - unit tests: the disks that a power cut can leave, and what the next boot makes of
 * them
 *
 * Theory of operation: from a log of writes and flushes each disk is built that a power cut can
 * leave: between two flushes writes reach the disk in any order, sector by sector (512 bytes), or
 * not at all. Each disk is booted, that is probed and treated as the verdict says, by the same code
 * as in stage 1; e2fsck is the judge of the outcome.
 */
#ifndef STOREBOOT_TESTS_POWERCUT_H
#define STOREBOOT_TESTS_POWERCUT_H

#include <errno.h>
#include <fcntl.h>

#include "fs/format.h"
#include "fs/policy.h"
#include "fs/probe.h"
#include "init/lib/file.h"
#include "init/lib/spawn.h"
#include "init/lib/str.h"
#include "tests/lib/io_tap.h"
#include "tests/lib/test.h"

#define MIB (1024ULL * 1024)
#define SECTOR 512

static char dir[] = "/tmp/storeboot-powercut.XXXXXX";
static char image[256];
static uint64_t size;
static int states; /* disks booted */

/* --- a disk, and its boot --------------------------------------------------------------------- */

static void put_disk(const uint8_t *disk)
{
	_cleanup_close_ int fd = open(image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	static const uint8_t zero[4096];

	CHECK(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
	for (uint64_t at = 0; disk && at < size; at += 4096) {
		size_t n = size - at < 4096 ? (size_t)(size - at) : 4096;

		if (memcmp(disk + at, zero, n) != 0)
			CHECK_INT(pwrite(fd, disk + at, n, (off_t)at), n);
	}
}

static void get_disk(uint8_t *disk)
{
	_cleanup_close_ int fd = open(image, O_RDONLY | O_CLOEXEC);

	CHECK_INT(file_pread_all(fd, disk, size, 0), 0);
}

/* What step_disk of stage 1 does. */
static int boot(enum fs_verdict *ret_verdict, struct err *e)
{
	_cleanup_close_ int fd = open(image, O_RDONLY | O_CLOEXEC);
	const struct fs_want want = { .fstype = "ext3", .size = size };
	struct probe p;
	int r = fs_probe(fd, image, false, &p, e);

	*ret_verdict = FS_REFUSE;
	if (r < 0)
		return r;
	*ret_verdict = fs_decide(&p, &want, image, e);
	return fs_carry_out(*ret_verdict, image, want.fstype, e);
}

static bool fsck(void)
{
	const char *const argv[] = { "e2fsck", "-fn", image, NULL };
	char *const env[] = { (char[]){ "PATH=/usr/sbin:/sbin:/usr/bin:/bin" }, NULL };
	struct spawn s = {
		.path = "e2fsck", .argv = argv, .envp = env, .stdin_fd = -1, .timeout_ms = 60000
	};
	_cleanup_buf_ struct buf out = { 0 }, err = { 0 };
	int status = -1, r = spawn_run(&s, &out, &err, &status);

	if (r < 0 || status != 0)
		printf("# e2fsck: %d, %d: %s\n", r, status, out.data ? out.data : "");
	return r == 0 && status == 0;
}

/* The next boot leaves it clean, and the one after it has nothing to do. */
static bool ends_clean(const char *when)
{
	static const char zero[1024];
	enum fs_verdict first, second;
	struct err e = { 0 };
	char head[2048];
	int fd, r = boot(&first, &e);
	bool good = r == 0 && fsck() && boot(&second, &e) == 0 && second == FS_MOUNT;

	fd = open(image, O_RDONLY | O_CLOEXEC);
	good = good && file_pread_all(fd, head, sizeof(head), 0) == 0 &&
	       memcmp(head, zero, sizeof(zero)) == 0 &&
	       /* s_overhead_clusters, of the superblock's second sector: e2fsck does not miss it.
		*/
	       memcmp(head + 1024 + 0x248, zero, 4) != 0;
	close(fd);
	states++;
	if (!good)
		printf("# %s: verdict %d, %d: %s\n", when, first, r, e.text);
	return good;
}

/* --- power cuts ------------------------------------------------------------------------------- */

static size_t torn_cases = 9;
static uint32_t seed = 1;

static uint32_t dice(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 16;
}

static void apply(uint8_t *disk, const struct op *op)
{
	if (op->len)
		memcpy(disk + op->at, op->data, op->len);
}

/* Each sector of the write reaches the disk or not, chance odds of 4. */
static void apply_some(uint8_t *disk, const struct op *op, unsigned int odds)
{
	for (size_t i = 0; i < op->len; i += SECTOR)
		if (dice() % 4 < odds)
			memcpy(disk + op->at + i, op->data + i,
			       op->len - i < SECTOR ? op->len - i : SECTOR);
}

static void cut(const uint8_t *disk, const char *what, size_t i, size_t k)
{
	char when[96];

	snprintf(when, sizeof(when), "%s, operation %zu, case %zu, %llu MiB", what, i, k,
		 (unsigned long long)(size / MIB));
	put_disk(disk);
	CHECK(ends_clean(when));
}

/* The writes from op[i] to the flush at op[end], lost in part. base: the disk before them. */
static void cut_epoch(const uint8_t *base, const struct op *op, size_t i, size_t end, size_t stride)
{
	uint8_t *disk = malloc(size), *prefix = malloc(size);

	memcpy(prefix, base, size);
	for (size_t k = i; k < end; k++) {
		apply(prefix, &op[k]);
		cut(prefix, "prefix", k, 0);
		if (k + 1 < end && (k - i) % stride != 0)
			continue;
		/* All but this write, and this write alone. */
		memcpy(disk, base, size);
		for (size_t j = i; j < end; j++)
			if (j != k)
				apply(disk, &op[j]);
		cut(disk, "all but one", k, 0);
		memcpy(disk, base, size);
		apply(disk, &op[k]);
		cut(disk, "one alone", k, 0);
	}
	for (size_t k = 0; k < torn_cases; k++) {
		memcpy(disk, base, size);
		for (size_t j = i; j < end; j++)
			apply_some(disk, &op[j], 1 + (unsigned int)k % 3);
		cut(disk, "some sectors", i, k);
	}
	free(disk);
	free(prefix);
}

/* Every cut of what was logged on a disk that was start (NULL: empty) before. */
static void cut_everywhere(const uint8_t *start, struct op *op, size_t n, size_t stride)
{
	uint8_t *disk = calloc(1, size);
	size_t flushes = 0;

	if (start)
		memcpy(disk, start, size);
	cut(disk, "nothing yet", 0, 0);
	for (size_t i = 0, end = 0; i < n; i = end + 1) {
		for (end = i; end < n && op[end].len; end++)
			;
		if (end > i)
			cut_epoch(disk, op, i, end, stride);
		for (size_t k = i; k < end; k++)
			apply(disk, &op[k]);
		flushes++;
	}
	printf("# %zu writes and flushes, %zu flushes\n", n, flushes);
	free(disk);
}

#endif
