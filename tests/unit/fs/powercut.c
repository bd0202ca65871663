/* SPDX-License-Identifier: MIT */
/*
 * powercut.c - power cuts, lost writes and read errors at every point of a format, and what the
 * next boot makes of the disk: the same probe, policy and format as in stage 1
 *
 * Theory of operation: io_tap.h logs what reaches the image. From the log of a format each disk is
 * built that a power cut can leave: between two flushes writes reach the disk
 * in any order, sector by sector (512 bytes), or not at all. Each disk is booted, that is probed
 * and treated as the verdict says; e2fsck is the judge of the outcome.
 */
#include "fs/format.h"

#include <errno.h>
#include <fcntl.h>

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
static char image[64];
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
	switch (*ret_verdict) {
	case FS_FORMAT:
		return fs_format_ext3(image, 0, NULL, e);
	case FS_FORMAT_AGAIN:
		return fs_format_again(image, e);
	case FS_FINISH:
		return fs_format_finish(image, e);
	case FS_MOUNT:
		return 0;
	case FS_REFUSE:
	default:
		return -e->num;
	}
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
	       /* s_overhead_clusters, of the superblock's second sector: e2fsck does not miss it. */
	       memcmp(head + 1024 + 0x248, zero, 4) != 0;
	close(fd);
	states++;
	if (!good)
		printf("# %s: verdict %d, %d: %s\n", when, first, r, e.text);
	return good;
}

/* --- power cuts ------------------------------------------------------------------------------- */

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
	for (size_t k = 0; k < 9; k++) {
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
		/* All is flushed in the end. */
		CHECK(end < n);
		if (end > i)
			cut_epoch(disk, op, i, end, stride);
		for (size_t k = i; k < end; k++)
			apply(disk, &op[k]);
		flushes++;
	}
	printf("# %zu writes and flushes, %zu flushes\n", n, flushes);
	free(disk);
}

static struct op *log_boot(size_t *ret_n, enum fs_verdict want)
{
	enum fs_verdict verdict;
	struct err e = { 0 };

	tap_start(image);
	CHECK_INT(boot(&verdict, &e), 0);
	CHECK_INT(verdict, want);
	CHECK_STR(e.text, "");
	return tap_take(ret_n);
}

static void cut_format(uint64_t bytes, size_t stride)
{
	struct op *op;
	size_t n;

	size = bytes;
	put_disk(NULL);
	op = log_boot(&n, FS_FORMAT);
	CHECK(n > 20);
	cut_everywhere(NULL, op, n, stride);
	free_log(op, n);
}

static void power_cuts_in_a_format(void)
{
	cut_format(2 * MIB, 1);
	cut_format(20 * MIB + 512, 8);
}

/* The format that follows a cut one is cut in turn; so is the end of one that was all but done. */
static void power_cuts_in_a_second_format(void)
{
	uint8_t *half, *done;
	struct op *op, *again;
	size_t n, n_again, last = 0;

	size = 9 * MIB;
	half = calloc(1, size);
	done = calloc(1, size);
	put_disk(NULL);
	op = log_boot(&n, FS_FORMAT);
	apply(half, &op[0]);
	for (size_t i = 1; i < n * 2 / 3; i++)
		apply_some(half, &op[i], 2);
	put_disk(half);
	again = log_boot(&n_again, FS_FORMAT_AGAIN);
	cut_everywhere(half, again, n_again, 8);
	free_log(again, n_again);
	for (size_t i = 0; i < n; i++)
		last = op[i].len ? i : last;
	for (size_t i = 0; i < last; i++)
		apply(done, &op[i]);
	put_disk(done);
	again = log_boot(&n_again, FS_FINISH);
	CHECK(n_again == 2 && again[0].at == 0 && again[0].len == SECTOR);
	cut_everywhere(done, again, n_again, 1);
	free_log(again, n_again);
	free_log(op, n);
	free(half);
	free(done);
}

/* --- lost writes and failed flushes ------------------------------------------------------------ */

/* start NULL: an empty disk. */
static void fail_everywhere(const uint8_t *start, enum fs_verdict want, bool sticky)
{
	enum fs_verdict verdict;
	size_t i = 0;

	for (;; i++) {
		struct err e = { 0 };
		int r;

		put_disk(start);
		tap_start(image);
		tap.fail_at = i;
		tap.sticky = sticky;
		r = boot(&verdict, &e);
		tap.on = false;
		tap.fail_at = SIZE_MAX;
		CHECK_INT(verdict, want);
		if (tap.count <= i) {
			CHECK_INT(r, 0);
			break;
		}
		if (r == 0)
			printf("# write or flush %zu failed, the format did not\n", i);
		CHECK(r < 0);
		CHECK(strlen(e.text) > 0);
		CHECK(ends_clean("after an error"));
	}
	printf("# %zu writes and flushes failed\n", i);
	CHECK(i > 1);
}

static void every_failed_write_is_an_error(void)
{
	size = 9 * MIB;
	fail_everywhere(NULL, FS_FORMAT, true);
	fail_everywhere(NULL, FS_FORMAT, false);
}

static void also_the_second_time(void)
{
	enum fs_verdict verdict;
	struct err e = { 0 };
	uint8_t *half;

	size = 9 * MIB;
	half = malloc(size);
	put_disk(NULL);
	tap_start(image);
	tap.fail_at = 20;
	tap.sticky = true;
	CHECK(boot(&verdict, &e) < 0);
	tap.on = false;
	tap.fail_at = SIZE_MAX;
	CHECK_HAS(e.text, "holds no file system; the next boot formats it again");
	get_disk(half);
	fail_everywhere(half, FS_FORMAT_AGAIN, true);
	free(half);
}

/* --- read errors ------------------------------------------------------------------------------- */

static void unreadable_disks_are_refused(void)
{
	static const uint64_t at[] = { 0, 511, 1080, 4086, 65600, 3 * MIB + 5, 9 * MIB - 513,
				       9 * MIB - 1 };
	uint8_t *zero;

	size = 9 * MIB;
	zero = calloc(1, size);
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		enum fs_verdict verdict;
		struct err e = { 0 };
		int fd, r;

		put_disk(NULL);
		/* No holes: they would not be read. */
		fd = open(image, O_WRONLY | O_CLOEXEC);
		CHECK_INT(pwrite(fd, zero, size, 0), size);
		close(fd);
		tap_start(image);
		tap.bad_byte = at[i];
		r = boot(&verdict, &e);
		tap.on = false;
		tap.bad_byte = UINT64_MAX;
		CHECK(r < 0);
		CHECK_INT(verdict, FS_REFUSE);
		CHECK_HAS(e.text, "cannot read");
		CHECK_HAS(e.text, "disk unchanged");
		CHECK_INT(tap.count, 0);
	}
	free(zero);
}

int main(void)
{
	const char *const have[] = { "e2fsck", "-V", NULL };
	struct spawn s = { .path = "e2fsck", .argv = have, .stdin_fd = -1, .timeout_ms = 60000 };
	_cleanup_buf_ struct buf out = { 0 }, err = { 0 };
	int status;

	setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
	if (spawn_run(&s, &out, &err, &status) < 0) {
		SKIP("powercut", "e2fsck is missing");
		TEST_END();
	}
	if (!mkdtemp(dir) || str_format(image, sizeof(image), "%s/image", dir) < 0)
		return 1;
	RUN(power_cuts_in_a_format);
	RUN(power_cuts_in_a_second_format);
	RUN(every_failed_write_is_an_error);
	RUN(also_the_second_time);
	RUN(unreadable_disks_are_refused);
	printf("# %d disks booted\n", states);
	unlink(image);
	rmdir(dir);
	TEST_END();
}
