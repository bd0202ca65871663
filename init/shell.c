/* SPDX-License-Identifier: MIT */
/* shell.c - a shell from the system's closure, on the console */
#include "init/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/inroot.h"
#include "init/lib/file.h"
#include "init/lib/str.h"
#include "init/step.h"
#include "init/switch.h"

static int read_active(const struct boot *b, const char *tty, char *ret, size_t size)
{
	char path[128];
	int r = str_format(path, sizeof(path), "%s/sys/class/tty/%s/active", boot_api(b), tty);

	return r < 0 ? r : file_read_line(AT_FDCWD, path, ret, size);
}

/* /dev/console is the last in the list (kernel document admin-guide/serial-console). tty0 means the
 * active virtual terminal, which its own file "active" names. */
int shell_console(const struct boot *b, char *ret, size_t size)
{
	char list[256];
	const char *last;
	int r = read_active(b, "console", list, sizeof(list));

	if (r < 0)
		return r;
	last = strrchr(list, ' ');
	last = last ? last + 1 : list;
	if (str_eq(last, "tty0") && read_active(b, "tty0", ret, size) == 0)
		return 0;
	return str_format(ret, size, "%s", last);
}

static int find_shell(const struct boot *b, int root, char *ret, size_t size, struct err *e)
{
	static const char *const shells[] = { "/sw/bin/bash", "/sw/bin/sh" };
	const char *system = b->config.param.system_config;

	for (size_t i = 0; i < ARRAY_SIZE(shells) && system; i++)
		if (str_format(ret, size, "%s%s", system, shells[i]) == 0 &&
		    inroot_check_program(root, ret, "the shell", e) == 0)
			return 0;
	if (str_format(ret, size, "/bin/sh") == 0 &&
	    inroot_check_program(root, ret, "the shell", e) == 0)
		return 0;
	return err_set(e, ENOENT, "no shell can be reached: neither %s/sw/bin nor /bin/sh has one",
		       system ? system : "$systemConfig");
}

static void child(const struct boot *b, const char *shell, const char *tty, const char *after)
{
	const char *system = b->config.param.system_config;
	char path[PATH_MAX];
	int fd;

	setsid();
	if (str_format(path, sizeof(path), "%s/dev/%s", boot_api(b), tty) < 0)
		_exit(127);
	fd = open(path, O_RDWR | O_NOCTTY);
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 1) < 0 || dup2(fd, STDIN_FILENO) < 0 ||
	    dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(127);
	if (fd > STDERR_FILENO)
		close(fd);
	if ((!b->switched && chroot(NEW_ROOT) < 0) || chdir("/") < 0)
		_exit(127);
	dprintf(STDOUT_FILENO, "\nstoreboot: %s in the system's root; %s\n", shell, after);
	setenv("HOME", "/root", 1);
	if (system && str_format(path, sizeof(path), "%s/sw/bin", system) == 0)
		setenv("PATH", path, 1);
	execl(shell, shell, "-i", (char *)NULL);
	_exit(127);
}

/* Also reaps processes that the shell leaves behind. */
static void wait_for(pid_t pid)
{
	for (;;) {
		pid_t ended = waitpid(-1, NULL, 0);

		if (ended == pid || (ended < 0 && errno != EINTR))
			return;
	}
}

int shell_run(struct boot *b, const char *after, struct err *e)
{
	_cleanup_close_ int root =
		open(b->switched ? "/" : NEW_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char shell[PATH_MAX], tty[64];
	pid_t pid;
	int r;

	if (root < 0)
		return err_sys(e, errno, "no shell can be reached: there is no new root yet");
	r = find_shell(b, root, shell, sizeof(shell), e);
	if (r < 0)
		return r;
	if (!b->switched && (r = switch_move_api(b, e)) < 0)
		return r;
	r = shell_console(b, tty, sizeof(tty));
	if (r < 0)
		return err_sys(e, r, "no shell can be reached: no console");
	pid = fork();
	if (pid < 0)
		return err_sys(e, errno, "cannot run %s", shell);
	if (pid == 0)
		child(b, shell, tty, after);
	wait_for(pid);
	return 0;
}

int step_debug1(struct boot *b)
{
	struct err e;

	if (shell_run(b, "exit goes on with the boot", &e) < 0)
		runner_warn(b, "%s", e.text);
	return 0;
}
