/* SPDX-License-Identifier: MIT */
/*
 * policy.c - tests of the marker and of what becomes of a disk. With arguments, an image or a disk,
 * it does to that what stage 1 does to its disk, and prints the verdict and the reason: tests with
 * disks use it. More words: "zero", the host's word that it is; "held", another has it open
 * exclusively.
 */
#include "fs/policy.h"

#include <errno.h>
#include <fcntl.h>

#include "fs/format.h"
#include "fs/marker.h"
#include "init/lib/str.h"
#include "tests/lib/test.h"

static const char *const names[] = {
	[FS_REFUSE] = "refuse",	     [FS_MOUNT] = "mount",   [FS_FORMAT] = "format",
	[FS_FORMAT_AGAIN] = "again", [FS_FINISH] = "finish",
};

static int treat(const char *image, bool known_zero, bool held)
{
	_cleanup_close_ int fd = open(image, O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int other = held ? open(image, O_RDONLY | O_EXCL | O_CLOEXEC) : -1;
	const struct fs_want want = { .fstype = "ext3" };
	enum fs_verdict verdict = FS_REFUSE;
	struct err e = { 0 };
	struct probe p;
	int r = fs_probe(fd, "disk", known_zero, &p, &e);

	if (r == 0)
		verdict = fs_decide(&p, &want, "disk", &e);
	if (r == 0 && verdict != FS_REFUSE)
		r = fs_carry_out(verdict, image, want.fstype, &e);
	printf("%s: %s\n", names[verdict], e.text);
	return r < 0 && verdict != FS_REFUSE;
}

/* p.size is 64 in each. */
static const struct {
	const char *name;
	struct probe p;
	struct fs_want want;
	enum fs_verdict verdict;
	const char *part; /* of the reason */
} rows[] = {
	{ "empty", { .empty = true }, { "ext3", 0 }, FS_FORMAT, "" },
	{ "empty, its size", { .empty = true }, { "ext3", 64 }, FS_FORMAT, "" },
	{ "empty, another size",
	  { .empty = true },
	  { "ext3", 65 },
	  FS_REFUSE,
	  "has 64 bytes, the disk that the host means has 65; not formatted, disk unchanged" },
	{ "empty, for ext4", { .empty = true }, { "ext4", 0 }, FS_REFUSE, "rootfstype=ext4" },
	{ "ext3", { .type = "ext3" }, { "ext3", 0 }, FS_MOUNT, "" },
	{ "ext3, another size", { .type = "ext3" }, { "ext3", 65 }, FS_MOUNT, "" },
	{ "ext3 for ext4", { .type = "ext3" }, { "ext4", 0 }, FS_MOUNT, "" },
	{ "ext2", { .type = "ext2" }, { "ext3", 0 }, FS_REFUSE, "rootfstype=ext2 mounts it" },
	{ "a label",
	  { .type = "xfs", .label = "home" },
	  { "ext3", 0 },
	  FS_REFUSE,
	  "holds xfs \"home\", not ext3; not formatted, disk unchanged" },
	{ "GPT",
	  { .type = "gpt", .usage = "table" },
	  { "ext3", 0 },
	  FS_REFUSE,
	  "holds a GPT partition table" },
	{ "a byte", { .nonzero = 7 }, { "ext3", 0 }, FS_REFUSE, "byte 7 is not zero" },
	{ "cut short", { .marker = true }, { "ext3", 64 }, FS_FORMAT_AGAIN, "" },
	{ "cut short, another size", { .marker = true }, { "ext3", 65 }, FS_REFUSE, "64 bytes" },
	{ "cut short, for xfs", { .marker = true }, { "xfs", 0 }, FS_REFUSE, "rootfstype=xfs" },
	{ "finished",
	  { .type = "ext3", .marker = true, .finished = true },
	  { "ext3", 0 },
	  FS_FINISH,
	  "" },
	{ "finished, for ext4",
	  { .type = "ext3", .marker = true, .finished = true },
	  { "ext4", 0 },
	  FS_FINISH,
	  "" },
	{ "another's ext3 under a marker",
	  { .type = "ext3", .marker = true },
	  { "ext3", 0 },
	  FS_REFUSE,
	  "which does not belong to it" },
	{ "swap under a marker",
	  { .type = "swap", .marker = true },
	  { "ext3", 0 },
	  FS_REFUSE,
	  "holds swap and the marker" },
	{ "btrfs that claims to be finished",
	  { .type = "btrfs", .marker = true, .finished = true },
	  { "btrfs", 0 },
	  FS_REFUSE,
	  "which does not belong to it" },
	{ "swap that claims to be finished",
	  { .type = "swap", .marker = true, .finished = true },
	  { "ext3", 0 },
	  FS_REFUSE,
	  "holds swap" },
};

static void decides(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct probe p = rows[i].p;
		struct err e = { 0 };
		bool before = test_ok;

		p.size = 64;
		CHECK_INT(fs_decide(&p, &rows[i].want, "/dev/vda", &e), rows[i].verdict);
		CHECK_HAS(e.text, rows[i].part);
		CHECK((e.num != 0) == (rows[i].verdict == FS_REFUSE));
		if (e.num) {
			CHECK_HAS(e.text, "/dev/vda ");
			CHECK_HAS(e.text, "; not formatted, disk unchanged");
		}
		if (before && !test_ok)
			printf("# in: %s\n", rows[i].name);
	}
}

/* Every flipped bit, and a smaller disk, make it no marker. */
static void a_marker_is_whole(void)
{
	uint8_t uuid[16] = "0123456789abcde", got[16] = { 0 }, sector[MARKER_SIZE];
	uint64_t size = 0;

	marker_make(uuid, 1 << 20, sector);
	CHECK(marker_parse(sector, 1 << 20, got, &size) && memcmp(got, uuid, sizeof(uuid)) == 0);
	CHECK(!marker_parse(sector, (1 << 20) - 512, got, &size));
	CHECK(marker_parse(sector, 1 << 21, got, &size));
	CHECK_INT(size, 1 << 20);
	for (size_t i = 0; i < 8 * sizeof(sector); i++) {
		sector[i / 8] ^= (uint8_t)(1 << i % 8);
		CHECK(!marker_parse(sector, 1 << 20, got, &size));
		sector[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	CHECK(marker_parse(sector, 1 << 20, got, &size));
	memset(sector, 0, sizeof(sector));
	CHECK(!marker_parse(sector, 0, got, &size));
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return treat(argv[1], argc > 2 && str_eq(argv[2], "zero"),
			     argc > 2 && str_eq(argv[2], "held"));
	RUN(decides);
	RUN(a_marker_is_whole);
	TEST_END();
}
