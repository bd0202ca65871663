/* SPDX-License-Identifier: MIT */
/*
 * probe.c - tests of fs_probe on image files: what it says of each, and that it changes none.
 * Only a file of zeroes may be called empty.
 */
#include "fs/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fs/format.h"
#include "fs/zero.h"
#include "init/lib/file.h"
#include "init/lib/spawn.h"
#include "init/lib/str.h"
#include "tests/lib/test.h"

#define MIB (1024ULL * 1024)

static char dir[] = "/tmp/storeboot-probe.XXXXXX";
static char image[64];

/* FNV-1a over all bytes: enough to see whether a probe wrote. */
static uint64_t hash_image(void)
{
	_cleanup_buf_ struct buf b = { 0 };
	uint64_t h = 0xcbf29ce484222325;

	CHECK_INT(file_read(AT_FDCWD, image, 512 * MIB, &b), 0);
	for (size_t i = 0; i < b.len; i++)
		h = (h ^ (uint8_t)b.data[i]) * 0x100000001b3;
	return h;
}

static void make_image(uint64_t size)
{
	_cleanup_close_ int fd = open(image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
}

static void put(uint64_t at, const void *data, size_t len)
{
	_cleanup_close_ int fd = open(image, O_WRONLY | O_CLOEXEC);

	CHECK_INT(pwrite(fd, data, len, (off_t)at), len);
}

static int probe(struct probe *p, struct err *e)
{
	_cleanup_close_ int fd = open(image, O_RDONLY | O_CLOEXEC);
	struct stat before, after;
	uint64_t hash = hash_image();
	int r;

	CHECK_INT(stat(image, &before), 0);
	r = fs_probe(fd, image, false, p, e);
	CHECK_INT(stat(image, &after), 0);
	CHECK(hash == hash_image());
	CHECK(before.st_blocks == after.st_blocks && before.st_mtime == after.st_mtime);
	return r;
}

/* type NULL: exactly empty; "": nothing known, but not zero. */
static void expect(const char *type, const char *usage)
{
	struct probe p = { .size = 1 };
	struct err e = { 0 };

	CHECK_INT(probe(&p, &e), 0);
	CHECK_STR(e.text, "");
	CHECK_INT(p.empty, type == NULL);
	CHECK_STR(p.type, type ? type : "");
	CHECK_STR(p.usage, usage);
}

static void expect_nonzero_at(uint64_t at)
{
	struct probe p = { 0 };
	struct err e = { 0 };

	CHECK_INT(probe(&p, &e), 0);
	CHECK(!p.empty);
	CHECK_STR(p.type, "");
	CHECK_INT(p.nonzero, at);
}

/* Runs a shell command with the image as $1; false where a program of it is missing. */
static bool shell(const char *command)
{
	const char *const argv[] = { "sh", "-c", command, "sh", image, NULL };
	char *const env[] = { (char[]){ "PATH=/usr/sbin:/sbin:/usr/bin:/bin" }, NULL };
	struct spawn s = {
		.path = "sh", .argv = argv, .envp = env, .stdin_fd = -1, .timeout_ms = 60000
	};
	_cleanup_buf_ struct buf out = { 0 }, err = { 0 };
	int status;

	if (spawn_run(&s, &out, &err, &status) < 0 || !WIFEXITED(status))
		return false;
	if (WEXITSTATUS(status) == 127)
		return false;
	CHECK_INT(WEXITSTATUS(status), 0);
	return true;
}

static void zeroes_are_empty(void)
{
	static const uint64_t sizes[] = { 512, 4096, 1440 * 1024, 3 * MIB, 64 * MIB + 513 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		make_image(sizes[i]);
		expect(NULL, "");
	}
	/* Written zeroes, no holes: they are read. */
	if (shell("dd if=/dev/zero of=\"$1\" bs=1M count=3 status=none"))
		expect(NULL, "");
}

static void one_byte_is_not(void)
{
	static const uint64_t at[] = {
		0, 1, 1535, 8 * MIB - 1, 8 * MIB, 20 * MIB + 7, 64 * MIB - 1
	};

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		make_image(64 * MIB);
		put(at[i], "x", 1);
		expect_nonzero_at(at[i]);
	}
	/* In a file without holes, of a size that is no multiple of anything. */
	make_image(0);
	if (shell("dd if=/dev/zero of=\"$1\" bs=1000003 count=5 status=none")) {
		put(5 * 1000003 - 1, "\x80", 1);
		expect_nonzero_at(5 * 1000003 - 1);
	}
}

static void no_size_no_disk(void)
{
	struct probe p = { .size = 77 };
	struct err e = { 0 };
	int fds[2];

	make_image(0);
	CHECK_INT(probe(&p, &e), -ENOMEDIUM);
	CHECK_HAS(e.text, "has no size");
	CHECK_HAS(e.text, image);
	CHECK_INT(p.size, 77);
	CHECK_INT(pipe(fds), 0);
	CHECK_INT(fs_probe(fds[0], "pipe", false, &p, &e), -ENOTBLK);
	close(fds[0]);
	close(fds[1]);
	CHECK_INT(fs_probe(-1, "nothing", false, &p, &e), -EBADF);
}

static void own_ext3(void)
{
	struct probe p = { 0 };
	struct err e = { 0 };
	char zero[1024] = { 0 };

	make_image(64 * MIB);
	CHECK_INT(fs_format_ext3(image, 0, "root", &e), 0);
	CHECK_INT(probe(&p, &e), 0);
	CHECK_STR(p.type, "ext3");
	CHECK_STR(p.usage, "filesystem");
	CHECK_STR(p.label, "root");
	CHECK_INT(p.size, 64 * MIB);
	/* Without its primary superblock libblkid knows nothing of it; the backups are there. */
	put(1024, zero, sizeof(zero));
	CHECK_INT(probe(&p, &e), 0);
	CHECK(!p.empty);
	CHECK_STR(p.type, "");
	CHECK(p.nonzero > 0);
}

static void two_signatures(void)
{
	struct probe p = { 0 };
	struct err e = { 0 };

	make_image(64 * MIB);
	CHECK_INT(fs_format_ext3(image, 0, NULL, &e), 0);
	/* A swap header ends the first page; its version 1 and last page lie where ext3 counts
	 * inodes and blocks (kernel's include/linux/swap.h). */
	put(4096 - 10, "SWAPSPACE2", 10);
	put(1024, "\1\0\0\0\377\17\0\0", 8);
	CHECK_INT(probe(&p, &e), -EUCLEAN);
	CHECK_HAS(e.text, "ext3");
	CHECK_HAS(e.text, "swap");
	CHECK_HAS(e.text, "disk unchanged");
}

static void ext3_with_partition_table(void)
{
	struct probe p = { 0 };
	struct err e = { 0 };

	make_image(64 * MIB);
	CHECK_INT(fs_format_ext3(image, 0, NULL, &e), 0);
	/* One Linux partition from sector 2048, 100,000 sectors long. */
	put(446, "\0\0\0\0\203\0\0\0\0\10\0\0\240\206\1\0", 16);
	put(510, "\x55\xaa", 2);
	CHECK_INT(probe(&p, &e), -EUCLEAN);
	CHECK_HAS(e.text, "ext3");
	CHECK_HAS(e.text, "dos");
}

/* What other programs make; the command is skipped where its program is missing. */
static const struct {
	const char *name, *program, *command, *type, *usage;
} made[] = {
	{ "ext4", "mke2fs", "mke2fs -q -F -t ext4 \"$1\"", "ext4", "filesystem" },
	{ "ext2", "mke2fs", "mke2fs -q -F -t ext2 \"$1\"", "ext2", "filesystem" },
	{ "swap", "mkswap", "mkswap -q \"$1\"", "swap", "other" },
	{ "GPT", "sfdisk", "echo ,, | sfdisk -q --label gpt \"$1\"", "gpt", "table" },
	{ "GPT, empty", "sfdisk", "echo label:gpt | sfdisk -q \"$1\"", "gpt", "table" },
	{ "GPT, backup only", "sfdisk",
	  "echo ,, | sfdisk -q --label gpt \"$1\" && "
	  "dd if=/dev/zero of=\"$1\" bs=512 count=34 conv=notrunc status=none",
	  "gpt", "table" },
	{ "DOS", "sfdisk", "echo ,, | sfdisk -q --label dos \"$1\"", "dos", "table" },
	{ "LUKS", "dd", "printf 'LUKS\\272\\276\\000\\001' | dd of=\"$1\" conv=notrunc status=none",
	  "crypto_LUKS", "crypto" },
	{ "tar", "tar", "tar cf - /etc/passwd | dd of=\"$1\" conv=notrunc status=none", "", "" },
	{ "gzip", "gzip", "gzip -c /etc/passwd | dd of=\"$1\" conv=notrunc status=none", "", "" },
	{ "random", "dd",
	  "dd if=/dev/urandom of=\"$1\" bs=1M seek=7 count=1 conv=notrunc status=none", "", "" },
};

static void made_by_others(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		char have[64];

		snprintf(have, sizeof(have), "command -v %s || exit 127", made[i].program);
		if (!shell(have)) {
			snprintf(have, sizeof(have), "%s is missing", made[i].program);
			SKIP(made[i].name, have);
			continue;
		}
		make_image(64 * MIB);
		if (!shell(made[i].command))
			CHECK(false);
		expect(made[i].type, made[i].usage);
		if (!test_ok)
			printf("# in: %s\n", made[i].name);
	}
}

static void labels_stay_one_line(void)
{
	struct probe p = { 0 };
	struct err e = { 0 };

	make_image(64 * MIB);
	CHECK_INT(fs_format_ext3(image, 0, "a\nb\33[2Jc", &e), 0);
	CHECK_INT(probe(&p, &e), 0);
	CHECK_STR(p.label, "a?b?[2Jc");
	make_image(64 * MIB);
	CHECK_INT(fs_format_ext3(image, 0, "a\302\233b\377", &e), 0);
	CHECK_INT(probe(&p, &e), 0);
	CHECK_STR(p.label, "a??b?");
}

int main(void)
{
	if (!mkdtemp(dir) || str_format(image, sizeof(image), "%s/image", dir) < 0)
		return 1;
	RUN(zeroes_are_empty);
	RUN(one_byte_is_not);
	RUN(no_size_no_disk);
	RUN(own_ext3);
	RUN(two_signatures);
	RUN(ext3_with_partition_table);
	RUN(made_by_others);
	RUN(labels_stay_one_line);
	unlink(image);
	rmdir(dir);
	TEST_END();
}
