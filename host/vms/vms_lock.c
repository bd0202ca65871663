/* SPDX-License-Identifier: MIT */
/* vms_lock.c - the lock of all VMs: BASE, the folder that has theirs */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/lib/lock.h"
#include "host/lib/proc.h"
#include "host/lib/signals.h"
#include "host/vms/vms_private.h"
#include "init/lib/str.h"

#define LOCK_TRIES 3000	  /* 10 ms apart */
#define STOPPED_TRIES 100 /* of them, between looks at the process that has the lock */

/* While BASE is locked a Ctrl-Z waits: a stopped storeboot would keep all others out. */
static sigset_t unlocked_mask;

static void hold_stops(void)
{
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTSTP);
	sigaddset(&stops, SIGTTIN);
	sigaddset(&stops, SIGTTOU);
	sigprocmask(SIG_BLOCK, &stops, &unlocked_mask);
}

static void release_stops(void)
{
	sigprocmask(SIG_SETMASK, &unlocked_mask, NULL);
}

static int base_busy(const char *path, pid_t holder, bool stopped, struct err *e)
{
	_cleanup_buf_ struct buf command = { 0 };

	if (holder <= 0 || proc_command(holder, &command) < 0)
		return err_exit(e, EXIT_IN_USE, EBUSY,
				"%s, the folder of the running VMs, is locked by another process "
				"for more than %d s",
				path, LOCK_TRIES / 100);
	return err_exit(
		e, EXIT_IN_USE, EBUSY,
		"%s, the folder of the running VMs, is locked by pid %d (%.200s), which %s: "
		"continue it (kill -CONT %d) or end it",
		path, (int)holder, command.data, stopped ? "is stopped" : "does not go on",
		(int)holder);
}

/* Locks BASE. Others hold the lock for a moment, unless they were stopped by SIGSTOP.
 * give_up: at a signal that ends a run. Its cleaning up has to go on. */
static int base_flock(int fd, const char *path, const struct stat *st, bool give_up, struct err *e)
{
	const struct timespec pause = { 0, 10000000 };

	for (int i = 0;; i++) {
		hold_stops();
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		release_stops();
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(e, errno, "cannot lock %s", path);
		if (give_up && signals_waiting())
			return err_sys(e, EINTR, "%s", path);
		if (i > 0 && i % STOPPED_TRIES == 0) {
			pid_t holder = lock_holder(path, st);
			bool stopped = holder > 0 && proc_is_stopped(holder);

			if (stopped || i >= LOCK_TRIES)
				return base_busy(path, holder, stopped, e);
		}
		nanosleep(&pause, NULL);
	}
}

static void base_drop(int fd)
{
	close(fd);
	release_stops();
}

int vms_lock(const char *path, bool make, struct err *e)
{
	for (;;) {
		_cleanup_close_ int fd = -1;
		struct stat st;
		int r;

		if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
			return err_sys(e, errno, "cannot make %s", path);
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT && make)
			continue;
		if (fd < 0 || fstat(fd, &st) < 0)
			return err_sys(e, errno, "%s", path);
		r = private_check(path, &st, "STOREBOOT_RUNTIME_DIR", e);
		if (r == 0)
			r = base_flock(fd, path, &st, make, e);
		if (r < 0)
			return r;
		if (lock_is_at(fd, path))
			return take_fd(&fd);
		base_drop(take_fd(&fd));
	}
}

void vms_unlock(int fd, const char *path)
{
	if (rmdir(path) < 0)
		errno = 0; /* a VM runs there */
	base_drop(fd);
}
