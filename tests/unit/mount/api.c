/* SPDX-License-Identifier: MIT */
/* api.c - tests of the API mounts below a root folder of our own */
#include "mount/api.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "mount/fs.h"
#include "mount/mountinfo.h"
#include "tests/lib/scratch.h"
#include "tests/lib/test.h"

static struct err e;

static const struct {
	const char *path, *type, *options, *super_options;
} want[] = {
	{ "/dev", "devtmpfs", "nosuid", "mode=755" },
	{ "/dev/pts", "devpts", "nosuid", "mode=620" },
	{ "/dev/pts", "devpts", "noexec", "gid=3" },
	{ "/dev/pts", "devpts", "noexec", "ptmxmode=666" },
	{ "/dev/shm", "tmpfs", "nodev", "rw" },
	{ "/proc", "proc", "noexec", "rw" },
	{ "/proc", "proc", "nodev", "rw" },
	{ "/sys", "sysfs", "noexec", "rw" },
	{ "/run", "tmpfs", "nodev", "mode=755" },
	{ "/run", "tmpfs", "nosuid", "rw" },
};

/* Reads mountinfo by a descriptor kept from before: /proc moves away. Returns its lines. */
static int check_mounts(int fd, const char *below)
{
	_cleanup_buf_ struct buf text = { 0 };
	int lines = 0;

	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	CHECK_INT(file_read_fd(fd, 1 << 20, &text), 0);
	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct mountinfo m = { .type = { "", 0 } };
		char path[64];

		snprintf(path, sizeof(path), "%s%s", below, want[i].path);
		CHECK_INT(mountinfo_find(text.data, text.len, path, &m), 0);
		CHECK(m.type.len == strlen(want[i].type) &&
		      memcmp(m.type.s, want[i].type, m.type.len) == 0);
		CHECK(mountinfo_has(&m.mount_options, want[i].options));
		CHECK(mountinfo_has(&m.super_options, want[i].super_options));
	}
	return lines;
}

static void in_the_child(void)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int lines;

	CHECK_INT(mount_api_all(&e), 0);
	fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	lines = check_mounts(fd, "");
	CHECK_INT(stat("/dev/null", &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK_INT(stat("/dev/shm", &st), 0);
	CHECK_INT(st.st_mode & 07777, 01777);
	CHECK_INT(lstat("/dev/fd", &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_INT(access("/dev/stdin", F_OK), 0);

	/* A second time all is there: no mount on top of another. */
	CHECK_INT(mount_api_all(&e), 0);
	CHECK_INT(check_mounts(fd, ""), lines);

	CHECK_INT(mkdir("/new", 0755), 0);
	CHECK_INT(mount_api_move("/new", &e), 0);
	CHECK_INT(check_mounts(fd, "/new"), lines);
	CHECK(access("/dev/null", F_OK) < 0);
	CHECK_INT(access("/new/dev/pts/ptmx", F_OK), 0);

	/* Nothing is left to move, and the error says of what and where. */
	CHECK_INT(mount_api_move("/new", &e), -EINVAL);
	CHECK_HAS(e.text, "/dev to /new/dev");
	CHECK_INT(mount_api_move("/none", &e), -ENOENT);
	CHECK_HAS(e.text, "/none/dev");
}

/* In a child, which ends without its exit handlers: the leak check at exit needs a /proc. */
static void mounted_once_and_moved(void)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (chroot("/tmp") < 0)
			_exit(2);
		in_the_child();
		fflush(stdout);
		_exit(test_ok ? 0 : 1);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
}

/* Why the test cannot run here, or NULL. */
static const char *cannot(void)
{
	_cleanup_close_ int fd = -1;

	if (scratch_enter(0) < 0)
		return "no mount namespace of our own can be had here";
	fd = mount_fs_detached("devtmpfs", "probe", NULL, 0, false, 0, &e);
	if (fd == -EPERM)
		return "devtmpfs is root's alone, and this is not the host's root";
	return NULL;
}

int main(void)
{
	const char *why = cannot();

	if (why)
		SKIP("mounted_once_and_moved", why);
	else
		RUN(mounted_once_and_moved);
	TEST_END();
}
