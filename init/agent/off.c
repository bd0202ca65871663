/* SPDX-License-Identifier: MIT */
/* off.c - powers the machine off, through stage 2 or directly */
#include "init/agent/off.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>

#include "init/lib/file.h"
#include "init/lib/str.h"

#define TRIES 40 /* 50 ms apart */

/* systemd(1), SIGNALS: SIGRTMIN+4 is poweroff.target. glibc's SIGRTMIN is 34, musl's is 35. */
#define SYSTEMD_POWEROFF (34 + 4)

/* The requests to power off that poweroff(8) of busybox and sysvinit sends to init. Not SIGINT: a
 * shell has a handler for it, but does not power off. */
static const int wishes[] = { SIGUSR1, SIGUSR2, SIGTERM, SIGPWR };

/* Returns the mask of signals that PID 1 handles (proc_pid_status(5), SigCgt); 0 if unreadable. */
static uint64_t caught(void)
{
	_cleanup_buf_ struct buf status = { 0 };
	const char *line;

	if (file_read(AT_FDCWD, "/proc/1/status", 65536, &status) < 0)
		return 0;
	line = strstr(status.data, "\nSigCgt:");
	return line ? strtoull(line + strlen("\nSigCgt:"), NULL, 16) : 0;
}

/* busybox init has no handlers: it waits for signals with sigtimedwait(2), which /proc does not
 * show. So its name decides. A script named init does not match: argv[0] is its interpreter, and
 * argv[1] has a path. */
static bool is_named_init(void)
{
	_cleanup_buf_ struct buf words = { 0 };
	const char *name, *second;

	if (file_read(AT_FDCWD, "/proc/1/cmdline", 65536, &words) < 0 || words.len == 0)
		return false;
	name = strrchr(words.data, '/');
	second = words.data + strlen(words.data) + 1;
	return str_eq(name ? name + 1 : words.data, "init") ||
	       (second < words.data + words.len && str_eq(second, "init"));
}

static bool listens(void)
{
	uint64_t mask = caught();

	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++)
		if (mask & (uint64_t)1 << (wishes[i] - 1))
			return true;
	return is_named_init();
}

static void exec_poweroff(const char *system)
{
	static const char *const places[] = { "/run/current-system/sw/bin", "/sbin", "/usr/sbin",
					      "/bin", "/usr/bin" };
	char path[4096];
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (system && str_format(path, sizeof(path), "%s/sw/bin/poweroff", system) == 0)
		execl(path, "poweroff", (char *)NULL);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (str_format(path, sizeof(path), "%s/poweroff", places[i]) == 0)
			execl(path, "poweroff", (char *)NULL);
	_exit(127);
}

pid_t off_ask(const char *system_config)
{
	char name[32];
	pid_t pid;

	if (file_read_line(AT_FDCWD, "/proc/1/comm", name, sizeof(name)) == 0 &&
	    str_eq(name, "systemd"))
		return kill(1, SYSTEMD_POWEROFF) < 0 ? -errno : 0;
	if (!listens())
		return -ENOTSUP;
	pid = fork();
	if (pid == 0)
		exec_poweroff(system_config);
	return pid < 0 ? -errno : pid;
}

static void pause_50ms(void)
{
	const struct timespec pause = { 0, 50 * 1000000 };

	nanosleep(&pause, NULL);
}

/* Whether pid is a process other than PID 1, us, a kernel thread (kthreadd is 2 and the parent of
 * the others) or a zombie. proc_pid_stat(5): the name in parentheses may hold any character. */
static bool is_other(const char *pid)
{
	char path[64], state;
	_cleanup_buf_ struct buf stat = { 0 };
	const char *rest;
	int parent;

	if (pid[0] < '1' || pid[0] > '9' || str_eq(pid, "1") || atoi(pid) == getpid() ||
	    str_format(path, sizeof(path), "/proc/%s/stat", pid) < 0 ||
	    file_read(AT_FDCWD, path, 4096, &stat) < 0)
		return false;
	rest = strrchr(stat.data, ')');
	return rest && sscanf(rest, ") %c %d", &state, &parent) == 2 && state != 'Z' &&
	       parent != 0 && parent != 2;
}

static bool others_left(void)
{
	_cleanup_closedir_ DIR *d = opendir("/proc");
	struct dirent *ent;

	while (d && (ent = readdir(d)))
		if (is_other(ent->d_name))
			return true;
	return false;
}

/* kill(2): -1 is every process except PID 1 and us. Waits up to 2 s for their end. */
static void end_all(int signal)
{
	kill(-1, signal);
	for (int i = 0; i < TRIES && others_left(); i++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		pause_50ms();
	}
}

int off_read_only(const char *root)
{
	int r = -EBUSY;

	sync();
	for (int i = 0; i < TRIES && r == -EBUSY; i++) {
		r = mount(NULL, root, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0 ? -errno : 0;
		if (r == -EBUSY)
			pause_50ms();
	}
	return r;
}

void off_now(void)
{
	/* SIGTERM lets shells and daemons exit in order. An interactive shell obeys only SIGHUP,
	 * and a stopped process obeys nothing until SIGCONT. */
	kill(-1, SIGTERM);
	kill(-1, SIGHUP);
	end_all(SIGCONT);
	end_all(SIGKILL);
	if (off_read_only("/") < 0)
		sync(); /* PID 1 may still write, but the journal has all data until now */
	reboot(RB_POWER_OFF);
	reboot(RB_HALT_SYSTEM);
	for (;;)
		pause();
}
