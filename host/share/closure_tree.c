/* SPDX-License-Identifier: MIT */
/*
 * closure_tree.c - a closure's paths as one tree of mounts, for all servers of a run
 *
 * Theory of operation: after each bind bwrap reads the table of mounts and compares each mount
 * with its siblings (bubblewrap 0.8, bind-mount.c, parse_mountinfo), so the cost of n binds grows
 * with the square of n. So a child process makes the tree in a mount namespace that bwrap never
 * reads. The launcher keeps the namespace open by a descriptor, and the child exits. When the
 * launcher ends, for whatever reason, the kernel removes the namespace. A server gets a copy of
 * the whole tree by one open_tree(2) (host/share/server.c).
 */
#include "host/share/closure_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <linux/mount.h> /* after sys/mount.h: glibc's has the same names and gives way */
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "host/lib/exit.h"
#include "host/share/stage.h"
#include "init/lib/sys.h"

/* Flags that a user namespace may not clear on a mount (mount_namespaces(7)). */
static const struct {
	unsigned long of_statvfs, of_mount;
} kept_flags[] = {
	{ ST_NOEXEC, MS_NOEXEC },
	{ ST_NOATIME, MS_NOATIME },
	{ ST_NODIRATIME, MS_NODIRATIME },
	{ ST_RELATIME, MS_RELATIME },
};

static void make_read_only(const char *path)
{
	unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV;
	struct statvfs st;

	if (statvfs(path, &st) < 0)
		stage_fail("cannot look at", path);
	for (size_t i = 0; i < ARRAY_SIZE(kept_flags); i++)
		flags |= st.f_flag & kept_flags[i].of_statvfs ? kept_flags[i].of_mount : 0;
	if (mount(NULL, path, NULL, flags, NULL) < 0)
		stage_fail("cannot make read-only", path);
}

static void show_all(const char *store_path, int store_fd, const struct strv *names)
{
	int store = stage_open(store_path, store_fd);
	struct stat st;

	stage_make();
	if (mkdir(".links", 0755) < 0)
		stage_fail("cannot make", ".links");
	for (size_t i = 0; i < names->n; i++) {
		stage_show(store, names->v[i], names->v[i]);
		if (lstat(names->v[i], &st) == 0 && !S_ISLNK(st.st_mode))
			make_read_only(names->v[i]);
	}
	if (mount(NULL, ".", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		stage_fail("cannot keep mounts private in", stage_path());
	make_read_only(".");
}

/* Makes the tree, closes stderr to report that, and waits until the launcher has the namespace. */
static void child(const char *store, int store_fd, const struct strv *names, const int said[2],
		  const int done[2], pid_t parent)
{
	char word;

	stage_begin(said[1], parent);
	show_all(store, store_fd, names);
	close(done[1]);
	close(said[1]);
	close(STDERR_FILENO);
	_exit(read(done[0], &word, 1) < 0);
}

/* Reads the child's messages until it closes its stderr. No message means success. */
static int hear(int fd, char *ret, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, ret + len, size - 1 - len)) != 0 && len < size - 1)
		if (n > 0)
			len += (size_t)n;
		else if (errno != EINTR)
			return -errno;
	ret[len] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return 0;
}

int closure_tree_of(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Waits for the child's tree. Returns the descriptor of its namespace, or -errno with e. */
static int take_namespace(pid_t pid, int said, struct err *e)
{
	char text[512];
	int r = hear(said, text, sizeof(text));

	if (r == 0 && text[0])
		return err_exit(e, strstr(text, "user namespaces") ? EXIT_MISSING : EXIT_SHARE,
				EPERM, "--expose closure: %s", text);
	if (r == 0)
		r = closure_tree_of(pid);
	return r < 0 ? err_sys(e, r, "--expose closure: no mount namespace for its paths") : r;
}

int closure_tree_make(const char *store, int store_fd, const struct strv *names, struct err *e)
{
	pid_t parent = getpid(), pid;
	int said[2], done[2], status = 0, r;

	if (pipe2(said, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	if (pipe2(done, O_CLOEXEC) < 0) {
		r = err_sys(e, errno, "pipe");
		close(said[0]);
		close(said[1]);
		return r;
	}
	pid = fork();
	if (pid == 0)
		child(store, store_fd, names, said, done, parent);
	close(said[1]);
	close(done[0]);
	r = pid < 0 ? err_sys(e, errno, "fork") : take_namespace(pid, said[0], e);
	close(said[0]);
	close(done[1]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* A killed child prints nothing either, and its tree is incomplete. */
	if (r >= 0 && status != 0) {
		close(r);
		r = err_exit(e, EXIT_SHARE, ECHILD,
			     "--expose closure: the child that shows its paths was killed");
	}
	return r;
}

int closure_tree_enter(int ns)
{
	_cleanup_close_ int user = ioctl(ns, NS_GET_USERNS);

	/* EINVAL: we are in it already. */
	if (user < 0 || (setns(user, CLONE_NEWUSER) < 0 && errno != EINVAL))
		return -errno;
	return setns(ns, CLONE_NEWNS) < 0 ? -errno : 0;
}

/* The child shares our table of descriptors, so the descriptor that it opens stays open here. Its
 * exit status is the descriptor's number. */
int closure_tree_copy(int ns)
{
	int status = 0, r;
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		r = closure_tree_enter(ns);
		if (r == 0)
			r = sys_open_tree(AT_FDCWD, stage_path(),
					  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
		_exit(r < 0 || r > 254 ? 255 : r);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) < 255 ? WEXITSTATUS(status) : -EPERM;
}
