/* SPDX-License-Identifier: MIT */
/*
 * powercut.c - power cuts, lost writes and read errors at every point of a format, and what the
 * next boot makes of the disk: the same probe, policy and format as in stage 1
 *
 * io_tap.h logs what reaches the image; powercut.h makes of it the disks that a cut can leave.
 *
 * With arguments the log is a guest's, from QEMU: see use_log.
 */
#include "tests/lib/powercut.h"
#include "tests/lib/write_log.h"

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

/* --- power cuts ------------------------------------------------------------------------------- */

static void cut_format(uint64_t bytes, size_t stride)
{
	struct op *op;
	size_t n;

	size = bytes;
	put_disk(NULL);
	op = log_boot(&n, FS_FORMAT);
	CHECK(n > 20 && op[n - 1].len == 0);
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

/*
 * One write or flush fails, what was written is taken back, and that is cut. lost: a write that
 * failed has reached the disk; of a flush that failed the writes never do, as the kernel forgets
 * them.
 */
static void cut_undo(size_t fail_at, bool lost)
{
	enum fs_verdict verdict;
	struct err e = { 0 };
	uint8_t *base = calloc(1, size);
	struct op *op;
	size_t n, from;

	put_disk(NULL);
	tap_start(image);
	tap.fail_at = fail_at;
	tap.torn = lost;
	CHECK(boot(&verdict, &e) < 0);
	tap.fail_at = SIZE_MAX;
	tap.torn = false;
	op = tap_take(&n);
	for (from = tap.n_at_failure; from > 0 && op[from - 1].len; from--)
		;
	for (size_t i = 0; i < from; i++)
		apply(base, &op[i]);
	if (lost && tap.failed_flush)
		from = tap.n_at_failure;
	cut_everywhere(base, op + from, n - from, 4);
	free_log(op, n);
	free(base);
}

/* From the last flush before the superblock on. */
static void power_cuts_in_an_undo(void)
{
	struct op *op;
	size_t n;

	size = 2 * MIB;
	put_disk(NULL);
	op = log_boot(&n, FS_FORMAT);
	free_log(op, n);
	for (size_t i = n - 7; i < n; i++) {
		cut_undo(i, false);
		cut_undo(i, true);
	}
}

/* --- lost writes and failed flushes ------------------------------------------------------------
 */

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

/* --- read errors -------------------------------------------------------------------------------
 */

static void unreadable_disks_are_refused(void)
{
	static const uint64_t at[] = { 0,     511,	   1080,	  4086,
				       65600, 3 * MIB + 5, 9 * MIB - 513, 9 * MIB - 1 };
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

/* --- a guest's log -------------------------------------------------------------------------------
 */

/* How many operations are the format's: up to the flush behind the write that took the marker off.
 */
static size_t end_of_format(const struct op *op, size_t n)
{
	static const uint8_t zero[SECTOR];
	bool marked = false, gone = false;

	for (size_t i = 0; i < n; i++) {
		if (gone && op[i].len == 0)
			return i + 1;
		if (op[i].len < SECTOR || op[i].at != 0)
			continue;
		gone = marked && memcmp(op[i].data, zero, sizeof(zero)) == 0;
		marked = marked || memcmp(op[i].data, zero, sizeof(zero)) != 0;
	}
	return 0;
}

static struct op *guest_log;
static size_t guest_n, guest_end;

static void power_cuts_in_a_guests_format(void)
{
	torn_cases = 60;
	CHECK(guest_end > 10);
	if (guest_end > 10)
		cut_everywhere(NULL, guest_log, guest_end, 1);
}

/* The disk as it is after so many of the log's operations. */
static int write_state(size_t n, const char *path)
{
	uint8_t *disk = calloc(1, size);

	if (n > guest_n || str_format(image, sizeof(image), "%s", path) < 0)
		return 1;
	for (size_t i = 0; i < n; i++)
		apply(disk, &guest_log[i]);
	put_disk(disk);
	free(disk);
	return !test_ok;
}

/*
 * LOG BYTES: cuts the format in QEMU's log of a disk of that size everywhere, and says how many
 * operations the format has, and the log. LOG BYTES N IMAGE: makes the disk as it is after N
 * operations.
 */
static int use_log(char **argv)
{
	size = strtoull(argv[2], NULL, 10);
	guest_log = write_log_read(argv[1], &guest_n);
	test_ok = true;
	if (!guest_log) {
		printf("# %s is no log, or one with more in it than writes and flushes\n", argv[1]);
		return 1;
	}
	if (argv[3])
		return write_state((size_t)strtoull(argv[3], NULL, 10), argv[4]);
	guest_end = end_of_format(guest_log, guest_n);
	if (!mkdtemp(dir) || str_format(image, sizeof(image), "%s/image", dir) < 0)
		return 1;
	RUN(power_cuts_in_a_guests_format);
	printf("# %d disks booted\n# operations %zu %zu\n", states, guest_end, guest_n);
	unlink(image);
	rmdir(dir);
	TEST_END();
}

int main(int argc, char **argv)
{
	const char *const have[] = { "e2fsck", "-V", NULL };
	struct spawn s = { .path = "e2fsck", .argv = have, .stdin_fd = -1, .timeout_ms = 60000 };
	_cleanup_buf_ struct buf out = { 0 }, err = { 0 };
	int status;

	setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
	if (argc == 3 || argc == 5)
		return use_log(argv);
	if (spawn_run(&s, &out, &err, &status) < 0) {
		SKIP("powercut", "e2fsck is missing");
		TEST_END();
	}
	if (!mkdtemp(dir) || str_format(image, sizeof(image), "%s/image", dir) < 0)
		return 1;
	RUN(power_cuts_in_a_format);
	RUN(power_cuts_in_a_second_format);
	RUN(power_cuts_in_an_undo);
	RUN(every_failed_write_is_an_error);
	RUN(also_the_second_time);
	RUN(unreadable_disks_are_refused);
	printf("# %d disks booted\n", states);
	unlink(image);
	rmdir(dir);
	TEST_END();
}
