/* SPDX-License-Identifier: MIT */
/* command.c - the child's side of a command: terminal, root, folder, environment, exec */
#include "init/agent/command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/lib/file.h"

#define NOT_STARTED 125 /* as in env(1), timeout(1) and docker */
#define NOT_EXECUTABLE 126
#define NOT_FOUND 127

extern char **environ;

static void fail(int failed, int status, const char *what) __attribute__((noreturn));

static void fail(int failed, int status, const char *what)
{
	struct command_failure f = { .num = errno, .status = status };

	snprintf(f.what, sizeof(f.what), "%s", what);
	if (file_write_all(failed, &f, sizeof(f)) < 0)
		_exit(NOT_STARTED);
	_exit(status);
}

int command_terminal(const struct request *r, int *ret_master, int *ret_slave)
{
	struct winsize size = { .ws_row = r->rows, .ws_col = r->columns };
	_cleanup_close_ int master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int unlock = 0, slave;

	if (master < 0)
		return -errno;
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0 || ioctl(master, TIOCSWINSZ, &size) < 0)
		return -errno;
	/* Open the slave through the master: its name could be another terminal's (ioctl_tty(2),
	 * Linux 4.13). */
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return -errno;
	*ret_slave = slave;
	*ret_master = take_fd(&master);
	return 0;
}

static void set_streams(const struct request *r, const int *std, int failed)
{
	static const char *const names[] = { "its stdin", "its stdout", "its stderr" };

	if (setsid() < 0 || (r->tty && ioctl(std[0], TIOCSCTTY, 0) < 0))
		fail(failed, NOT_STARTED, "its terminal");
	for (int i = 0; i <= STDERR_FILENO; i++)
		if (dup2(std[r->tty ? 0 : i], i) < 0)
			fail(failed, NOT_STARTED, names[i]);
}

/* The system's folders first, then those of other distributions. */
static int set_path(const char *system)
{
	_cleanup_buf_ struct buf path = { 0 };
	int r = buf_addf(&path, "/run/wrappers/bin:/run/current-system/sw/bin");

	if (r == 0 && system)
		r = buf_addf(&path, ":%s/sw/bin", system);
	if (r == 0)
		r = buf_addf(&path,
			     ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	if (r == 0 && setenv("PATH", path.data, 1) < 0)
		r = -errno;
	return r;
}

/* A command gets the environment of a login, not that of PID 1. */
static void set_environment(const struct agent_config *c, const struct request *r, int failed)
{
	static const char *const login[][2] = { { "HOME", "/root" },
						{ "USER", "root" },
						{ "LOGNAME", "root" } };
	int err;

	if (clearenv() != 0)
		fail(failed, NOT_STARTED, "its environment");
	err = set_path(c->system_config);
	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(login); i++)
		err = setenv(login[i][0], login[i][1], 1);
	for (size_t i = 0; err == 0 && i < r->env.n; i++)
		err = putenv(r->env.v[i]);
	if (err != 0)
		fail(failed, NOT_STARTED, "its environment");
}

/* A missing /root is not an error, but a missing requested folder is. */
static void set_folder(const struct agent_config *c, const struct request *r, int failed)
{
	char what[128];

	if (c->root && chroot(c->root) < 0)
		fail(failed, NOT_STARTED, c->root);
	if (r->folder && chdir(r->folder) < 0) {
		snprintf(what, sizeof(what), "its folder %s", r->folder);
		fail(failed, NOT_STARTED, what);
	}
	if (!r->folder && chdir("/root") < 0 && chdir("/") < 0)
		fail(failed, NOT_STARTED, "/");
}

static void exec_shell(const struct agent_config *c, int failed)
{
	char sw[2][4096];
	const char *const shells[] = { c->shell,    sw[0],
				       sw[1],	    "/run/current-system/sw/bin/bash",
				       "/bin/bash", "/bin/sh" };
	const char *const names[] = { "bash", "sh" };

	for (int i = 0; i < 2; i++)
		if (!c->system_config || str_format(sw[i], sizeof(sw[i]), "%s/sw/bin/%s",
						    c->system_config, names[i]) < 0)
			sw[i][0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (shells[i] && shells[i][0])
			execl(shells[i], "sh", "-i", (char *)NULL);
	fail(failed, NOT_FOUND, "a shell (in the system's sw/bin, or /bin)");
}

/* Commands do not inherit the OOM protection of the agent. */
static void take_oom_score(void)
{
	if (file_write(AT_FDCWD, "/proc/self/oom_score_adj", "0", 1) < 0)
		return; /* without /proc the agent has none either */
}

/* After ENOENT from execve(2): returns whether path exists and needs an interpreter that is
 * missing. ret: a description of the interpreter. */
static bool lacks_interpreter(const char *path, char *ret, size_t size)
{
	char line[PATH_MAX];
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? pread(fd, line, sizeof(line) - 1, 0) : -1;
	const char *name = line + 2;

	if (n < 2)
		return false;
	line[n] = '\0';
	if (memcmp(line, "#!", 2) != 0) { /* not a script: an ELF file lacks its loader */
		snprintf(ret, size, "its loader (the ELF interpreter)");
		return memcmp(line, "\177E", 2) == 0;
	}
	name += strspn(name, " \t");
	line[name - line + (ptrdiff_t)strcspn(name, " \t\n")] = '\0';
	snprintf(ret, size, "its interpreter %s%s", name,
		 str_ends(name, "\r") ? " (the line ends with a carriage return)" : "");
	return access(name, F_OK) == 0 ? lacks_interpreter(name, ret, size) : name[0] != '\0';
}

static void fail_exec(const char *name, int failed) __attribute__((noreturn));

/* The status is 126, not 127, if a file exists but cannot be executed. */
static void fail_exec(const char *name, int failed)
{
	int err = errno;
	const char *dirs = strchr(name, '/') ? "" : getenv("PATH");
	char path[PATH_MAX], lack[256], what[sizeof(path) + sizeof(lack) + 2];

	while (err == ENOENT && dirs) {
		size_t len = strcspn(dirs, ":");

		snprintf(path, sizeof(path), "%.*s%s%s", (int)len, dirs, len > 0 ? "/" : "", name);
		if (lacks_interpreter(path, lack, sizeof(lack))) {
			snprintf(what, sizeof(what), "%s: %s", path, lack);
			errno = ENOENT;
			fail(failed, NOT_EXECUTABLE, what);
		}
		dirs = dirs[len] ? dirs + len + 1 : NULL;
	}
	errno = err;
	fail(failed, err == ENOENT || err == ENOTDIR ? NOT_FOUND : NOT_EXECUTABLE, name);
}

void command_exec(const struct agent_config *c, const struct request *r, const int *std, int failed)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int n = 1; n < _NSIG; n++) /* also the signals that PID 1 was started with ignored */
		signal(n, SIG_DFL);
	take_oom_score();
	set_streams(r, std, failed);
	set_environment(c, r, failed);
	set_folder(c, r, failed);
	umask(022);
	if (r->shell)
		exec_shell(c, failed);
	execvp(r->argv.v[0], r->argv.v);
	fail_exec(r->argv.v[0], failed);
}
