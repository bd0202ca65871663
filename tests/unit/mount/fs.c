/* SPDX-License-Identifier: MIT */
/* fs.c - tests of real mounts in a mount namespace of our own */
#include "mount/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>

#include "mount/mountinfo.h"
#include "tests/lib/scratch.h"
#include "tests/lib/test.h"

static struct err e;

/* Whether what is mounted at path has all these options of the mount itself. */
static bool mounted_with(const char *path, const char *const *words, size_t n)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct mountinfo m;

	CHECK_INT(file_read(AT_FDCWD, "/proc/self/mountinfo", 1 << 20, &text), 0);
	if (mountinfo_find(text.data, text.len, path, &m) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!mountinfo_has(&m.mount_options, words[i]))
			return false;
	return true;
}

static int try_write(const char *path)
{
	return file_replace(AT_FDCWD, path, "x", 1, 0644);
}

static void detached_then_attached(void)
{
	static const struct mount_option options[] = { { "mode", "711" }, { "size", "64k" } };
	static const char *const words[] = { "nosuid", "nodev", "noexec", "rw" };
	_cleanup_close_ int fd =
		mount_fs_detached("tmpfs", "my-source", options, 2, false,
				  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, &e);
	struct stat st;

	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK_INT(mkdir("/tmp/a", 0755), 0);
	CHECK(!mounted_with("/tmp/a", NULL, 0));
	CHECK_INT(mount_fs_attach(fd, "/tmp/a", &e), 0);
	CHECK(mounted_with("/tmp/a", words, ARRAY_SIZE(words)));
	CHECK_INT(stat("/tmp/a", &st), 0);
	CHECK_INT(st.st_mode & 07777, 0711);
	CHECK_INT(try_write("/tmp/a/f"), 0);
	CHECK_INT(mount_fs_attach(fd, "/tmp/missing", &e), -ENOENT);
	CHECK_HAS(e.text, "/tmp/missing");
}

static void read_only_file_system(void)
{
	_cleanup_close_ int fd = mount_fs_detached("tmpfs", "ro", NULL, 0, true, 0, &e);

	CHECK(fd >= 0);
	CHECK_INT(mkdir("/tmp/ro", 0755), 0);
	CHECK_INT(mount_fs_attach(fd, "/tmp/ro", &e), 0);
	CHECK_INT(try_write("/tmp/ro/f"), -EROFS);
	/* The mount itself is not: it is the file system that refuses. */
	CHECK_INT(mount(NULL, "/tmp/ro", NULL, MS_REMOUNT | MS_BIND, NULL), 0);
	CHECK_INT(try_write("/tmp/ro/f"), -EROFS);
}

static void the_kernels_words_reach_the_error(void)
{
	static const struct mount_option unknown = { "no-such-option", NULL };
	static const struct mount_option bad_value = { "nr_inodes", "many" };

	CHECK_INT(mount_fs_detached("tmpfs", "src", &unknown, 1, false, 0, &e), -EINVAL);
	CHECK_INT(e.num, EINVAL);
	CHECK_HAS(e.text, "tmpfs src: option no-such-option: ");
	CHECK_HAS(e.text, "Unknown parameter 'no-such-option'");
	CHECK_INT(mount_fs_detached("tmpfs", "src", &bad_value, 1, false, 0, &e), -EINVAL);
	CHECK_HAS(e.text, "option nr_inodes=many: ");
	CHECK_HAS(e.text, "Bad value for 'nr_inodes'");
	CHECK(!strchr(e.text, '\n'));
}

static void unknown_type(void)
{
	CHECK_INT(mount_fs_detached("nosuchfs", "src", NULL, 0, false, 0, &e), -ENODEV);
	CHECK_HAS(e.text, "no file system nosuchfs");
}

static void bind_is_read_only_and_its_origin_is_not(void)
{
	static const char *const words[] = { "ro", "nosuid", "nodev" };

	CHECK_INT(file_mkdirs(AT_FDCWD, "/tmp/from/below", 0755), 0);
	CHECK_INT(mkdir("/tmp/to", 0755), 0);
	CHECK_INT(mount_fs_bind_ro("/tmp/from", "/tmp/to", &e), 0);
	CHECK(mounted_with("/tmp/to", words, ARRAY_SIZE(words)));
	CHECK_INT(try_write("/tmp/to/f"), -EROFS);
	CHECK_INT(try_write("/tmp/from/f"), 0);
	CHECK_INT(access("/tmp/to/f", R_OK), 0);
	CHECK_INT(access("/tmp/to/below", R_OK), 0);
}

static void bind_that_fails_names_both(void)
{
	CHECK_INT(mount_fs_bind_ro("/tmp/none", "/tmp", &e), -ENOENT);
	CHECK_HAS(e.text, "/tmp/none onto /tmp");
}

#define TESTS(T) \
	T(detached_then_attached) \
	T(read_only_file_system) \
	T(the_kernels_words_reach_the_error) \
	T(unknown_type) \
	T(bind_is_read_only_and_its_origin_is_not) \
	T(bind_that_fails_names_both)

int main(void)
{
	int r = scratch_enter(0);

#define T(fn) \
	if (r < 0) \
		SKIP(#fn, "no mount namespace of our own can be had here"); \
	else \
		RUN(fn);
	TESTS(T)
#undef T
	TEST_END();
}
