/* SPDX-License-Identifier: MIT */
/* guard.c - tests of switch root's guards and of the removal, on folders of their own */
#include "init/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/lib/file.h"
#include "tests/lib/test.h"

static char dir[] = "/tmp/storeboot-guard.XXXXXX";
static struct err e;

static int open_dir(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void touch(int at, const char *name)
{
	_cleanup_close_ int fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	CHECK(fd >= 0);
}

static void only_an_initramfs(void)
{
	_cleanup_close_ int shm = open_dir("/dev/shm"), proc = open_dir("/proc");
	struct statfs fs;

	CHECK_INT(guard_initramfs(proc, &e), -EXDEV);
	CHECK_HAS(e.text, "/ is no initramfs (file system type 0x9fa0)");
	if (shm >= 0 && fstatfs(shm, &fs) == 0 && fs.f_type == TMPFS_MAGIC)
		CHECK_INT(guard_initramfs(shm, &e), 0);
}

static void only_another_device(void)
{
	_cleanup_close_ int a = open_dir(dir), proc = open_dir("/proc"), b = -1;

	CHECK_INT(mkdirat(a, "sub", 0700), 0);
	b = openat(a, "sub", O_RDONLY | O_DIRECTORY);
	CHECK_INT(guard_other_device(a, b, &e), -EXDEV);
	CHECK_HAS(e.text, "nothing is mounted on it");
	CHECK_INT(guard_other_device(a, proc, &e), 0);
	CHECK_INT(guard_other_device(a, -1, &e), -EBADF);
}

static unsigned int count(int at)
{
	_cleanup_closedir_ DIR *d = fdopendir(openat(at, ".", O_RDONLY | O_DIRECTORY));
	unsigned int n = 0;

	while (d && readdir(d))
		n++;
	return n - 2;
}

static void removes_all(void)
{
	_cleanup_close_ int at = open_dir(dir), out = -1;
	char outside[] = "/tmp/storeboot-guard-out.XXXXXX";

	CHECK(mkdtemp(outside) != NULL);
	out = open_dir(outside);
	touch(out, "kept");
	CHECK_INT(file_mkdirs(at, "a/b/c/d", 0700), 0);
	touch(at, "a/b/file");
	touch(at, "a/b/c/d/.hidden");
	CHECK_INT(symlinkat(outside, at, "a/link"), 0);
	CHECK_INT(mkfifoat(at, "a/fifo", 0600), 0);
	guard_empty(at);
	CHECK_INT(count(at), 0);
	CHECK_INT(count(out), 1);
	guard_empty(out);
	rmdir(outside);
}

/* In a mount namespace of its own: 77 where the system allows none. */
static int mount_is_left(void)
{
	int at, inner;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return 77;
	at = open_dir(dir);
	if (mkdirat(at, "m", 0700) < 0 || mkdirat(at, "n", 0700) < 0 || fchdir(at) < 0 ||
	    mount("tmpfs", "m", "tmpfs", 0, NULL) < 0)
		return 77;
	inner = openat(at, "m", O_RDONLY | O_DIRECTORY);
	touch(inner, "kept");
	guard_empty(at);
	return faccessat(inner, "kept", F_OK, 0) == 0 && count(at) == 1 ? 0 : 1;
}

static void mounts_below_are_left(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(mount_is_left());
	CHECK_INT(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		SKIP("mounts_below_are_left: guard", "no mount namespace for this user here");
	else
		CHECK_INT(status, 0);
}

int main(void)
{
	_cleanup_close_ int at = -1;

	if (!mkdtemp(dir))
		return 1;
	RUN(only_an_initramfs);
	RUN(only_another_device);
	RUN(removes_all);
	RUN(mounts_below_are_left);
	at = open_dir(dir);
	guard_empty(at);
	rmdir(dir);
	TEST_END();
}
