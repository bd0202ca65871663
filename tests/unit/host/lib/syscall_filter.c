/* SPDX-License-Identifier: MIT */
/* syscall_filter.c - tests of the filter: a process under it sets no set-ID bit, and does all else
 */
#include "host/lib/syscall_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/lib/folder.h"
#include "init/lib/file.h"
#include "tests/lib/test.h"

static char top[PATH_MAX];

/* The errno of a call, or 0. */
static int outcome(long result)
{
	return result < 0 ? errno : 0;
}

/* Makes a file by each call that can, then gives it the mode. Returns the first outcome that is not
 * want. */
static int by_each_call(unsigned int mode, int want)
{
	const long made[] = {
		outcome(syscall(SYS_openat, AT_FDCWD, "a", O_CREAT | O_EXCL | O_WRONLY, mode)),
		outcome(syscall(SYS_openat, AT_FDCWD, ".", O_TMPFILE | O_WRONLY, mode)),
		outcome(syscall(SYS_mknodat, AT_FDCWD, "b", S_IFREG | mode, 0)),
		outcome(syscall(SYS_fchmodat, AT_FDCWD, "file", mode)),
		outcome(syscall(SYS_fchmod, open("file", O_RDONLY | O_CLOEXEC), mode)),
#ifdef SYS_chmod
		outcome(syscall(SYS_open, "c", O_CREAT | O_EXCL | O_WRONLY, mode)),
		outcome(syscall(SYS_creat, "d", mode)),
		outcome(syscall(SYS_mknod, "e", S_IFREG | mode, 0)),
		outcome(syscall(SYS_chmod, "file", mode)),
#endif
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		r = r ? r : made[i] == want ? 0 : 100 + (int)i;
	for (const char *name = "abcde"; *name; name++)
		unlink((const char[]){ *name, '\0' });
	return r;
}

static int attack(void)
{
	static const unsigned int set_id[] = { 04755, 02755, 06755, 04000, 02000 };
	static const unsigned int ordinary[] = { 0755, 0600, 01777, 0 };
	struct stat st;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(set_id); i++)
		r = by_each_call(set_id[i], EPERM);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(ordinary); i++)
		r = by_each_call(ordinary[i], 0);
	/* The mode of an open(2) that makes nothing does not count. */
	if (r == 0 && outcome(syscall(SYS_openat, AT_FDCWD, "file", O_RDONLY, 06777)) != 0)
		r = 50;
	if (r == 0 && outcome(syscall(SYS_mknodat, AT_FDCWD, "dev", S_IFCHR | 0600, 0)) != EPERM)
		r = 51;
	if (r == 0 && outcome(syscall(SYS_mknodat, AT_FDCWD, "dev", S_IFBLK | 0600, 0)) != EPERM)
		r = 52;
	if (r == 0 && outcome(syscall(SYS_mknodat, AT_FDCWD, "pipe", S_IFIFO | 0600, 0)) != 0)
		r = 53;
	if (r == 0 && outcome(syscall(SYS_mknodat, AT_FDCWD, "socket", S_IFSOCK | 0600, 0)) != 0)
		r = 54;
	unlink("pipe");
	unlink("socket");
	if (r == 0 && (stat("file", &st) < 0 || (st.st_mode & 07777) != 0))
		r = 55;
	return r;
}

/* Runs what under the filter in a child. Returns its exit status: 0, or the check that failed. */
static int under(int (*enter)(void), int (*what)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(enter() < 0 ? 99 : what());
	CHECK_INT(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/* As bwrap does with its --seccomp. */
static int load(int fd)
{
	struct sock_filter v[256];
	ssize_t n = read(fd, v, sizeof(v));
	struct sock_fprog prog = { .len = (unsigned short)((size_t)n / sizeof(*v)), .filter = v };

	close(fd);
	return n <= 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ?
		       -1 :
		       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static int load_writable(void)
{
	return load(syscall_filter_open(true));
}

static int load_read_only(void)
{
	return load(syscall_filter_open(false));
}

static void no_set_id_bit_and_no_device(void)
{
	CHECK_INT(under(syscall_filter_enter, attack), 0);
	CHECK_INT(under(load_writable, attack), 0);
	CHECK_INT(under(load_read_only, attack), 0);
}

static int no_way_around(void)
{
	static const uint64_t how[3] = { O_CREAT | O_WRONLY, 04755, 0 };
	const int got[] = { outcome(syscall(SYS_openat2, AT_FDCWD, "x", how, sizeof(how))),
			    outcome(syscall(SYS_io_uring_setup, 1, NULL)) };

	return got[0] != ENOSYS ? 1 : got[1] != ENOSYS ? 2 : access("x", F_OK) == 0 ? 3 : 0;
}

static void no_call_that_hides_a_mode(void)
{
	CHECK_INT(under(syscall_filter_enter, no_way_around), 0);
	CHECK_INT(under(load_writable, no_way_around), 0);
}

static int second_layer(void)
{
	const int got[] = {
		outcome(mount("x", "/", "tmpfs", 0, NULL)),
		outcome(unshare(CLONE_NEWUSER)),
		outcome(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL)),
		outcome(syscall(SYS_ptrace, 0, 0, 0, 0)),
		outcome(syscall(SYS_keyctl, 0, 0, 0, 0, 0)),
	};

	for (size_t i = 0; i < ARRAY_SIZE(got); i++)
		if (got[i] != EPERM)
			return 1 + (int)i;
	return outcome(syscall(SYS_clone3, NULL, 0)) == ENOSYS ? 0 : 20;
}

static void a_server_has_no_namespaces_or_mounts(void)
{
	CHECK_INT(under(load_writable, second_layer), 0);
	CHECK_INT(under(load_read_only, second_layer), 0);
}

/* Root's own ways. */
static int keeps_no_capability(void)
{
	static const int gone[] = { CAP_FSETID, CAP_MKNOD, CAP_SETFCAP };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(gone); i++)
		r = prctl(PR_CAPBSET_READ, gone[i], 0, 0, 0) == 0 ? 0 : gone[i];
	return r;
}

static void root_loses_its_ways_around(void)
{
	if (geteuid() != 0)
		SKIP("root_loses_its_ways_around", "not root");
	else
		CHECK_INT(under(syscall_filter_enter, keeps_no_capability), 0);
}

int main(void)
{
	struct err e = { 0 };

	if (folder_make(top, &e) < 0 || chdir(top) < 0 ||
	    folder_write(".", "file", "x", 1, &e) < 0) {
		printf("# %s\n", e.text);
		return 1;
	}
	umask(0);
	RUN(no_set_id_bit_and_no_device);
	RUN(no_call_that_hides_a_mode);
	RUN(a_server_has_no_namespaces_or_mounts);
	RUN(root_loses_its_ways_around);
	CHECK_INT(chdir("/"), 0);
	folder_remove(top);
	TEST_END();
}
