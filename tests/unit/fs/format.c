/* SPDX-License-Identifier: MIT */
/*
 * format.c - tests of fs_format_ext3 on sparse image files: mke2fs and dumpe2fs are the judges of
 * what it makes, e2fsck of whether it is sound, a full file system of its errors; larger sizes are
 * tests/scripts/disk-sizes.sh's
 */
#include "fs/format.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fs/probe.h"
#include "init/lib/file.h"
#include "init/lib/spawn.h"
#include "init/lib/str.h"
#include "tests/lib/ns.h"
#include "tests/lib/test.h"

#define KIB 1024ULL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

/* libext2fs, ours and mke2fs's, take the time from the environment: then only the random differs.
 */
#define FAKE_TIME "1300000000"

static char dir[] = "/tmp/storeboot-format.XXXXXX";
static char image[64], reference[64];

static void make_file(const char *path, uint64_t size)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
}

static uint64_t allocated(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_blocks * 512 : UINT64_MAX;
}

/* Returns the exit status, or -1 where the program is missing or was killed. */
static int tool(struct buf *ret_out, const char *const *argv)
{
	char *const env[] = { (char[]){ "PATH=/usr/sbin:/sbin:/usr/bin:/bin" },
			      /* mke2fs: not what this host has configured */
			      (char[]){ "MKE2FS_CONFIG=/nonexistent" },
			      (char[]){ "E2FSPROGS_FAKE_TIME=" FAKE_TIME }, (char[]){ "LC_ALL=C" },
			      NULL };
	struct spawn s = {
		.path = argv[0], .argv = argv, .envp = env, .stdin_fd = -1, .timeout_ms = 60000
	};
	_cleanup_buf_ struct buf out = { 0 }, err = { 0 };
	int status, r;

	r = spawn_run(&s, &out, &err, &status);
	if (r < 0 || !WIFEXITED(status))
		return -1;
	if (WEXITSTATUS(status) != 0)
		printf("# %s: exit %d: %s %s\n", argv[0], WEXITSTATUS(status),
		       out.data ? out.data : "", err.data ? err.data : "");
	if (ret_out) {
		*ret_out = out;
		out = (struct buf){ 0 };
	}
	return WEXITSTATUS(status);
}

static bool have_tools(void)
{
	static const char *const tools[] = { "mke2fs", "dumpe2fs", "e2fsck" };

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		const char *const argv[] = { "sh", "-c", "command -v \"$0\"", tools[i], NULL };

		if (tool(NULL, argv) != 0)
			return false;
	}
	return true;
}

/* Prints the first line that differs, leaving out those that must. */
static bool same_dump(char *a, char *b)
{
	static const char *const differ[] = { "Filesystem UUID:", "Directory Hash Seed:" };
	char *save_a, *save_b;
	char *la = strtok_r(a, "\n", &save_a), *lb = strtok_r(b, "\n", &save_b);

	for (; la && lb; la = strtok_r(NULL, "\n", &save_a), lb = strtok_r(NULL, "\n", &save_b)) {
		bool skip = false;

		for (size_t i = 0; i < ARRAY_SIZE(differ); i++)
			skip |= str_after(la, differ[i]) && str_after(lb, differ[i]);
		if (!skip && !str_eq(la, lb)) {
			printf("# ours: %s\n# mke2fs: %s\n", la, lb);
			return false;
		}
	}
	return !la && !lb;
}

static void compare(uint64_t size, uint64_t max_allocated)
{
	const char *const mke2fs[] = { "mke2fs", "-q", "-F", "-t", "ext3", reference, NULL };
	const char *const e2fsck[] = { "e2fsck", "-fn", image, NULL };
	const char *const dump_ours[] = { "dumpe2fs", image, NULL };
	const char *const dump_theirs[] = { "dumpe2fs", reference, NULL };
	_cleanup_buf_ struct buf ours = { 0 }, theirs = { 0 };
	struct err e = { 0 };

	make_file(image, size);
	make_file(reference, size);
	CHECK_INT(fs_format_ext3(image, 0, NULL, &e), 0);
	CHECK_STR(e.text, "");
	CHECK_INT(tool(NULL, e2fsck), 0);
	CHECK_INT(tool(NULL, mke2fs), 0);
	CHECK_INT(tool(&ours, dump_ours), 0);
	CHECK_INT(tool(&theirs, dump_theirs), 0);
	CHECK(ours.len > 1000 && same_dump(ours.data, theirs.data));
	printf("# %llu MiB: %llu KiB allocated, mke2fs %llu\n", (unsigned long long)(size / MIB),
	       (unsigned long long)(allocated(image) / KIB),
	       (unsigned long long)(allocated(reference) / KIB));
	CHECK(allocated(image) <= max_allocated);
	CHECK(allocated(image) <= allocated(reference));
	unlink(image);
	unlink(reference);
}

static void equals_mke2fs_small(void)
{
	compare(2 * MIB, 1 * MIB);
	compare(3 * MIB, 1 * MIB);
	compare(64 * MIB, 1 * MIB);
	compare(511 * MIB + 4095, 4 * MIB);
}

static void equals_mke2fs_default(void)
{
	compare(512 * MIB, 1 * MIB);
	compare(512 * MIB + 4097, 1 * MIB);
}

static void uuid_text(const uint8_t *u, char *dst, size_t size)
{
	size_t n = 0;

	for (int i = 0; i < 16; i++)
		n += (size_t)snprintf(dst + n, size - n, "%02x%s", u[i],
				      i == 3 || i == 5 || i == 7 || i == 9 ? "-" : "");
}

/* With the same UUID, hash seed and time mke2fs makes the same bytes: nothing is lacking. */
static void bytes_equal_mke2fs(void)
{
	static const uint64_t sizes[] = { 20 * MIB, 600 * MIB };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		char uuid[64], seed[80] = "hash_seed=";
		const char *const mke2fs[] = { "mke2fs", "-q", "-F", "-t",	"ext3", "-U",
					       uuid,	 "-E", seed, reference, NULL };
		const char *const cmp[] = { "cmp", image, reference, NULL };
		_cleanup_close_ int fd = -1;
		uint8_t super[1024] = { 0 };
		struct err e = { 0 };

		make_file(image, sizes[i]);
		make_file(reference, sizes[i]);
		CHECK_INT(fs_format_ext3(image, 0, NULL, &e), 0);
		fd = open(image, O_RDONLY | O_CLOEXEC);
		CHECK_INT(file_pread_all(fd, super, sizeof(super), 1024), 0);
		/* s_uuid and s_hash_seed, kernel's filesystems/ext4/super.rst */
		uuid_text(super + 0x68, uuid, sizeof(uuid));
		uuid_text(super + 0xec, seed + strlen(seed), sizeof(seed) - strlen(seed));
		CHECK_INT(tool(NULL, mke2fs), 0);
		CHECK_INT(tool(NULL, cmp), 0);
		unlink(image);
		unlink(reference);
	}
}

static void probe_says(const char *path, const char *type, const char *label)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct probe p = { .size = 1 };
	struct err e = { 0 };

	CHECK_INT(fs_probe(fd, path, false, &p, &e), 0);
	CHECK_STR(p.type, type);
	CHECK_STR(p.label, label);
	CHECK(!p.empty);
}

static void size_and_label(void)
{
	_cleanup_buf_ struct buf out = { 0 };
	const char *const dump[] = { "dumpe2fs", "-h", image, NULL };
	struct err e = { 0 };

	make_file(image, 64 * MIB);
	CHECK_INT(fs_format_ext3(image, 8 * MIB, "sixteen-bytes-ok", &e), 0);
	probe_says(image, "ext3", "sixteen-bytes-ok");
	if (tool(&out, dump) == 0)
		CHECK_HAS(out.data, "Block count:              8192\n");
	CHECK_INT(fs_format_ext3(image, 0, "seventeen-bytes-x", &e), -EINVAL);
	CHECK_INT(fs_format_ext3(image, 65 * MIB, NULL, &e), -ENOSPC);
	CHECK_HAS(e.text, "disk unchanged");
	unlink(image);
}

/* The disk must be as it was: no allocated byte. */
static void refused(uint64_t size, int num, const char *why)
{
	struct err e = { 0 };

	make_file(image, size);
	CHECK_INT(fs_format_ext3(image, 0, NULL, &e), -num);
	CHECK_HAS(e.text, image);
	CHECK_HAS(e.text, why);
	CHECK_HAS(e.text, "disk unchanged");
	CHECK_INT(allocated(image), 0);
	unlink(image);
}

static void refuses_bad_sizes(void)
{
	struct err e = { 0 };

	refused(4096, ENOSPC, "too small for ext3");
	refused(64 * KIB, ENOSPC, "too small for ext3");
	refused(MIB, ENOSPC, "too small for ext3");
	CHECK_INT(fs_format_ext3("/nonexistent/disk", 0, NULL, &e), -ENOENT);
	CHECK_HAS(e.text,
		  "/nonexistent/disk to format it: No such file or directory; disk unchanged");
	CHECK_INT(fs_format_ext3("/dev/null", 0, NULL, &e), -ENOTBLK);
	CHECK_HAS(e.text, "; disk unchanged");
}

static void refuses_16_tib(void)
{
	struct err e = { 0 };
	int fd = open(image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	/* ext4 itself holds no such file; tmpfs does. */
	if (ftruncate(fd, (off_t)(16 * TIB)) == 0) {
		CHECK_INT(fs_format_ext3(image, 0, NULL, &e), -EFBIG);
		CHECK_HAS(e.text, "16 TiB; disk unchanged");
	} else {
		printf("# this /tmp holds no file of 16 TiB\n");
	}
	close(fd);
	unlink(image);
}

/* A child in which writes beyond limit fail with EFBIG (setrlimit(2)). Returns its findings. */
static int format_below_limit(uint64_t limit, struct err *e)
{
	int fds[2], status;
	pid_t pid;

	if (pipe(fds) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		struct rlimit lim = { limit, limit };

		signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &lim) < 0)
			_exit(99);
		status = fs_format_ext3(image, 0, NULL, e) < 0;
		if (file_write_all(fds[1], e, sizeof(*e)) < 0)
			_exit(98);
		_exit(status);
	}
	close(fds[1]);
	if (read(fds[0], e, sizeof(*e)) != (ssize_t)sizeof(*e))
		e->text[0] = '\0';
	close(fds[0]);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void holds_nothing(void)
{
	char super[1024], zero[1024] = { 0 };
	_cleanup_close_ int fd = open(image, O_RDONLY | O_CLOEXEC);
	struct probe p = { 0 };
	struct err e = { 0 };

	CHECK_INT(file_pread_all(fd, super, sizeof(super), 1024), 0);
	CHECK(memcmp(super, zero, sizeof(zero)) == 0);
	CHECK_INT(fs_probe(fd, image, false, &p, &e), 0);
	CHECK_STR(p.type, "");
}

/*
 * Backup superblocks and tables lie all over the disk: wherever writes begin to fail, also just
 * before the end, the format fails and no superblock is left.
 */
static void every_lost_write_is_an_error(void)
{
	static const uint64_t size = 100 * MIB, last_write = 96 * MIB + 1;
	int failed = 0;

	/* The last group of blocks begins at 96 MiB with its own bitmaps. */
	for (uint64_t limit = 1024; limit < last_write; limit += 5 * MIB - 3 * KIB) {
		struct err e = { 0 };

		make_file(image, size);
		CHECK_INT(format_below_limit(limit, &e), 1);
		CHECK_HAS(e.text, "cannot format");
		CHECK_HAS(e.text, ", at byte ");
		CHECK_HAS(e.text, "partly written, holds no file system");
		holds_nothing();
		failed++;
	}
	CHECK(failed > 15);
	unlink(image);
}

/* In a mount namespace of its own: the image on a tmpfs that is too small for what is written. */
static int format_on_full_disk(struct err *e)
{
	if (ns_enter(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("full", dir, "tmpfs", 0, "size=128k") < 0)
		return 99;
	make_file(image, 100 * MIB);
	if (fs_format_ext3(image, 0, NULL, e) == 0)
		return 0;
	holds_nothing();
	return test_ok ? 1 : 2;
}

static void full_disk_is_an_error(void)
{
	struct err e = { 0 };
	int fds[2], status = -1;
	pid_t pid;

	CHECK_INT(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		status = format_on_full_disk(&e);
		if (file_write_all(fds[1], &e, sizeof(e)) < 0)
			_exit(98);
		_exit(status);
	}
	close(fds[1]);
	CHECK_INT(read(fds[0], &e, sizeof(e)), sizeof(e));
	close(fds[0]);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == 99) {
		SKIP("full_disk_is_an_error: format", "no mount namespace for this user here");
		return;
	}
	CHECK_INT(WEXITSTATUS(status), 1);
	CHECK_HAS(e.text, "the disk or its image has no room");
	CHECK_HAS(e.text, "partly written, holds no file system");
}

static void two_formats_differ(void)
{
	char a[1024], b[1024];
	struct err e = { 0 };

	for (int i = 0; i < 2; i++) {
		_cleanup_close_ int fd = -1;

		make_file(image, 8 * MIB);
		CHECK_INT(fs_format_ext3(image, 0, NULL, &e), 0);
		fd = open(image, O_RDONLY | O_CLOEXEC);
		CHECK_INT(file_pread_all(fd, i ? b : a, 1024, 1024), 0);
	}
	CHECK(memcmp(a + 0x68, b + 0x68, 16) != 0);
	CHECK(memcmp(a + 0xec, b + 0xec, 16) != 0);
	unlink(image);
}

int main(void)
{
	if (!mkdtemp(dir) || str_format(image, sizeof(image), "%s/image", dir) < 0 ||
	    str_format(reference, sizeof(reference), "%s/reference", dir) < 0)
		return 1;
	setenv("E2FSPROGS_FAKE_TIME", FAKE_TIME, 1);
	if (have_tools()) {
		RUN(equals_mke2fs_small);
		RUN(equals_mke2fs_default);
		RUN(bytes_equal_mke2fs);
	} else {
		SKIP("equals_mke2fs", "mke2fs, dumpe2fs or e2fsck is missing");
	}
	RUN(size_and_label);
	RUN(refuses_bad_sizes);
	RUN(refuses_16_tib);
	RUN(every_lost_write_is_an_error);
	RUN(full_disk_is_an_error);
	RUN(two_formats_differ);
	rmdir(dir);
	TEST_END();
}
