/* SPDX-License-Identifier: MIT */
/*
 * proc.c - finding, starting and ending the launcher's children
 *
 * The launcher is a child subreaper (PR_SET_CHILD_SUBREAPER, prctl(2)), so every process that QEMU
 * leaves becomes a child of the launcher, which can wait for it. When the launcher itself is
 * killed, QEMU is killed by its parent-death signal, and the file servers by theirs or when their
 * connection closes.
 */
#include "host/lib/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/lib/distro.h"
#include "host/lib/environment.h"
#include "host/lib/exit.h"
#include "init/lib/file.h"
#include "init/lib/log.h"
#include "init/lib/str.h"
#include "init/lib/sys.h"

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static int search(const char *name, const char *path, char *ret)
{
	while (*path) {
		size_t n = strcspn(path, ":");
		char full[PATH_MAX];

		if (n > 0 && path[0] == '/' &&
		    str_format(full, sizeof(full), "%.*s/%s", (int)n, path, name) == 0 &&
		    is_program(full))
			return realpath(full, ret) ? 0 : -errno;
		path += n;
		path += *path == ':';
	}
	return -ENOENT;
}

int proc_find(const char *given, const char *name, const char *package, char *ret, struct err *e)
{
	const char *path = getenv("PATH");
	char install[256];

	if (given && strchr(given, '/')) {
		if (is_program(given) && realpath(given, ret))
			return 0;
		return err_exit(e, EXIT_MISSING, ENOENT, "%s: no such program", given);
	}
	if (!given)
		given = name;
	if (search(given, path ? path : "", ret) == 0 ||
	    search(given, "/usr/bin:/bin:/usr/sbin:/sbin", ret) == 0)
		return 0;
	return err_exit(e, EXIT_MISSING, ENOENT, "%s is not on this host; install it: %s", given,
			distro_install(package, install, sizeof(install)));
}

/* Reads state and parent from /proc/PID/stat (proc(5)). They follow the process's name, which is in
 * parentheses and may hold any byte. Returns 0, or -ESRCH. */
static int read_stat(const char *pid, char *ret_state, pid_t *ret_parent)
{
	_cleanup_buf_ struct buf b = { 0 };
	char path[64];
	const char *p;

	if (str_format(path, sizeof(path), "/proc/%s/stat", pid) < 0 ||
	    file_read(AT_FDCWD, path, 4096, &b) < 0)
		return -ESRCH;
	p = b.len > 0 ? strrchr(b.data, ')') : NULL;
	return p && sscanf(p, ") %c %d", ret_state, ret_parent) == 2 ? 0 : -ESRCH;
}

static pid_t parent_of(const char *pid)
{
	char state;
	pid_t parent;

	return read_stat(pid, &state, &parent) < 0 ? 0 : parent;
}

bool proc_is_stopped(pid_t pid)
{
	char number[16], state;
	pid_t parent;

	snprintf(number, sizeof(number), "%d", (int)pid);
	return read_stat(number, &state, &parent) == 0 && state == 'T';
}

int proc_command(pid_t pid, struct buf *ret)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	r = file_read(AT_FDCWD, path, 65536, ret);
	if (r < 0)
		return r;
	while (ret->len > 0 && ret->data[ret->len - 1] == '\0')
		ret->len--;
	for (size_t i = 0; i < ret->len; i++)
		if ((unsigned char)ret->data[i] < ' ')
			ret->data[i] = ' ';
	return ret->len > 0 ? 0 : -ESRCH;
}

/* A process's controlling terminal, as a device number of stat(2); 0: none. */
static dev_t tty_of(const char *pid)
{
	_cleanup_buf_ struct buf b = { 0 };
	unsigned int n;
	char path[64];
	const char *p;

	if (str_format(path, sizeof(path), "/proc/%s/stat", pid) < 0 ||
	    file_read(AT_FDCWD, path, 4096, &b) < 0)
		return 0;
	p = strrchr(b.data, ')');
	if (!p || sscanf(p, ") %*c %*d %*d %*d %u", &n) != 1 || n == 0)
		return 0;
	/* proc(5): the minor number is in bits 31 to 20 and 7 to 0, the major one in 15 to 8. */
	return makedev(n >> 8 & 0xfff, (n & 0xff) | (n >> 12 & 0xfff00));
}

bool proc_has_tty(int fd)
{
	_cleanup_closedir_ DIR *d = opendir("/proc");
	struct dirent *entry;
	struct stat st;
	bool found = false;

	if (!d || fstat(fd, &st) < 0)
		return false;
	while (!found && (entry = readdir(d)) != NULL)
		found = isdigit((unsigned char)entry->d_name[0]) &&
			tty_of(entry->d_name) == st.st_rdev;
	return found;
}

/* Calls each for every child of this process. */
static int each_child(void (*each)(pid_t pid, void *arg), void *arg)
{
	_cleanup_closedir_ DIR *d = opendir("/proc");
	struct dirent *entry;

	if (!d)
		return -errno;
	while ((entry = readdir(d)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    parent_of(entry->d_name) == getpid())
			each((pid_t)atoi(entry->d_name), arg);
	return 0;
}

int proc_others_add(struct proc_others *o, pid_t pid)
{
	pid_t *pids = realloc(o->pids, (o->n + 1) * sizeof(*pids));

	if (!pids)
		return -ENOMEM;
	o->pids = pids;
	o->pids[o->n++] = pid;
	return 0;
}

struct noting {
	struct proc_others *others;
	int r;
};

static void note_other(pid_t pid, void *arg)
{
	struct noting *n = arg;

	if (n->r == 0)
		n->r = proc_others_add(n->others, pid);
}

int proc_adopt_orphans(struct proc_others *ret, struct err *e)
{
	struct noting n = { ret, 0 };
	int r = each_child(note_other, &n);

	if (r < 0 || n.r < 0)
		return err_sys(e, r < 0 ? r : n.r, "cannot list the processes in /proc");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return err_sys(e, errno, "prctl(PR_SET_CHILD_SUBREAPER)");
	return 0;
}

void proc_others_free(struct proc_others *o)
{
	free(o->pids);
	*o = (struct proc_others){ 0 };
}

/* Some kernels and sandboxes have no close_range(2) with CLOSE_RANGE_CLOEXEC (Linux 5.11). */
void proc_keep_descriptors(void)
{
	_cleanup_closedir_ DIR *d = opendir("/proc/self/fd");
	struct dirent *entry;

	while (d && (entry = readdir(d)) != NULL)
		if (atoi(entry->d_name) > STDERR_FILENO)
			fcntl(atoi(entry->d_name), F_SETFD, FD_CLOEXEC);
}

static void child(const struct proc_run *run, char *const *envp, pid_t launcher, int failed)
{
	int input = run->input ? run->input : open("/dev/null", O_RDONLY | O_CLOEXEC);
	const struct rlimit none_dumped = { 0, 0 };
	sigset_t none;
	int num;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	setrlimit(RLIMIT_CORE, &none_dumped);
	if (run->private)
		umask(077);
	for (const int *pass = run->pass; *pass >= 0; pass++)
		fcntl(*pass, F_SETFD, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != launcher)
		_exit(127);
	if (dup2(input, STDIN_FILENO) >= 0 && dup2(run->said, STDOUT_FILENO) >= 0 &&
	    dup2(run->said, STDERR_FILENO) >= 0) {
		errno = run->confine ? -run->confine() : 0;
		if (errno == 0)
			execve(run->argv[0], run->argv, envp);
	}
	num = errno;
	if (file_write_all(failed, &num, sizeof(num)) < 0)
		_exit(127);
	_exit(127);
}

int proc_start(const struct proc_run *run, pid_t *ret_pid, struct err *e)
{
	_cleanup_strv_ struct strv env = { 0 };
	_cleanup_close_ int reading = -1, writing = -1;
	pid_t launcher = getpid(), pid;
	int ends[2], num = 0, pidfd;

	if (!run->envp && environment_of_programs(false, &env) < 0)
		return err_sys(e, ENOMEM, "cannot start %s", run->argv[0]);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	reading = ends[0];
	writing = ends[1];
	pid = fork();
	if (pid < 0)
		return err_sys(e, errno, "fork");
	if (pid == 0)
		child(run, run->envp ? run->envp : env.v, launcher, writing);
	close(take_fd(&writing));
	if (read(reading, &num, sizeof(num)) == (ssize_t)sizeof(num)) {
		waitpid(pid, NULL, 0);
		return err_sys(e, num, "cannot start %s", run->argv[0]);
	}
	pidfd = sys_pidfd_open(pid);
	if (pidfd < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return err_sys(e, pidfd, "pidfd_open");
	}
	*ret_pid = pid;
	return pidfd;
}

struct ending {
	const struct proc_others *others;
	bool kill;
	size_t left;
	void (*ended)(pid_t pid, int status, void *arg); /* or NULL */
	void *arg;
};

static void end_one(pid_t pid, void *arg)
{
	struct ending *end = arg;
	int status;

	for (size_t i = 0; i < end->others->n; i++)
		if (end->others->pids[i] == pid)
			return;
	if (waitpid(pid, &status, WNOHANG) == pid) {
		if (end->ended)
			end->ended(pid, status, end->arg);
		return;
	}
	end->left++;
	if (end->kill)
		kill(pid, SIGKILL);
}

/* More orphans may arrive while children exit, so repeat until there are none. */
void proc_end_all(const struct proc_others *others, unsigned int grace_ms)
{
	uint64_t deadline = sys_now_us() + (uint64_t)grace_ms * 1000;
	const struct timespec pause = { 0, 5000000 };
	struct ending end;

	do {
		end = (struct ending){ .others = others, .kill = sys_now_us() >= deadline };
		if (each_child(end_one, &end) < 0)
			return;
		if (end.left > 0)
			nanosleep(&pause, NULL);
	} while (end.left > 0);
}

void proc_reap(const struct proc_others *others, void (*ended)(pid_t pid, int status, void *arg),
	       void *arg)
{
	struct ending end = { .others = others, .ended = ended, .arg = arg };

	if (each_child(end_one, &end) < 0)
		return; /* without /proc, proc_adopt_orphans has failed already */
}
