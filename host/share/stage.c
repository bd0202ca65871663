/* SPDX-License-Identifier: MIT */
/* stage.c - selected paths of a store, mounted in a child process's own mount namespace */
#include "host/share/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/lib/file.h"

void stage_fail(const char *what, const char *name)
{
	fprintf(stderr, "%s %s: %s\n", what, name, strerror(errno));
	_exit(1);
}

/* Maps the user to root, so that it may mount. */
static int map_user(uid_t uid, gid_t gid)
{
	char map[64];
	int r = file_write(AT_FDCWD, "/proc/self/setgroups", "deny", 4);

	if (r == 0) {
		snprintf(map, sizeof(map), "0 %u 1", (unsigned int)uid);
		r = file_write(AT_FDCWD, "/proc/self/uid_map", map, strlen(map));
	}
	if (r == 0) {
		snprintf(map, sizeof(map), "0 %u 1", (unsigned int)gid);
		r = file_write(AT_FDCWD, "/proc/self/gid_map", map, strlen(map));
	}
	return r;
}

/* Enters the namespaces. */
static void enter(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWNS) < 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			stage_fail("this host must allow unprivileged user namespaces",
				   "(unshare)");
		errno = -map_user(uid, gid);
		if (errno)
			stage_fail("cannot map the user in", "/proc/self/uid_map");
	}
	/* Slave, not private: no mount here reaches the host, but the host's unmounts reach us. A
	 * namespace that lives as long as a VM must not keep a file system busy that the host has
	 * unmounted. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		stage_fail("cannot keep mounts from the host below", "/");
}

void stage_begin(int said, pid_t parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(said, STDERR_FILENO) < 0)
		_exit(1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(0);
	enter();
	/* After enter(): new capabilities clear PR_SET_PDEATHSIG (prctl(2)). */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || (getppid() != parent && getppid() != 0))
		_exit(1);
}

/* Nix's build sandbox has no /sys. In /dev, the files that we need are already open. */
const char *stage_path(void)
{
	return access("/sys", F_OK) == 0 ? "/sys" : "/dev";
}

void stage_make(void)
{
	if (mount("stage", stage_path(), "tmpfs", 0, "mode=0755") < 0 || chdir(stage_path()) < 0)
		stage_fail("cannot mount on", stage_path());
}

int stage_open(const char *path, int fd)
{
	int opened = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat there, meant;

	if (opened < 0 || fstat(opened, &there) < 0 || fstat(fd, &meant) < 0)
		stage_fail("cannot open", path);
	errno = ESTALE;
	if (there.st_dev != meant.st_dev || there.st_ino != meant.st_ino)
		stage_fail("another folder has taken the place of", path);
	return opened;
}

static void make_link(int store, const char *name, const char *to)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(store, name, target, sizeof(target) - 1);

	target[n > 0 ? n : 0] = '\0';
	if (n < 0 || symlink(target, to) < 0)
		stage_fail("cannot show the link", name);
}

bool stage_show(int store, const char *name, const char *to)
{
	char from[PATH_MAX];
	struct stat st;
	int r;

	if (str_format(from, sizeof(from), "/proc/self/fd/%d/%s", store, name) < 0 ||
	    fstatat(store, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		stage_fail("cannot find", name);
	if (S_ISLNK(st.st_mode)) {
		make_link(store, name, to);
		return false;
	}
	r = S_ISDIR(st.st_mode) ? mkdir(to, 0755) : mknod(to, S_IFREG | 0444, 0);
	if (r < 0 || mount(from, to, NULL, MS_BIND, NULL) < 0)
		stage_fail(errno == ENOSPC ? "too many mounts (sysctl fs.mount-max) to show" :
					     "cannot show",
			   name);
	return S_ISDIR(st.st_mode);
}
