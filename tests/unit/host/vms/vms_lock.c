/* SPDX-License-Identifier: MIT */
/* vms_lock.c - tests of the lock of all VMs */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/vms/vms_private.h"
#include "tests/lib/test.h"

static char base[PATH_MAX];

/* A stopped process holds BASE's lock. */
static void a_stopped_process_is_named(void)
{
	struct err e = { 0 };
	char want[80];
	pid_t child;
	int lock;

	CHECK_INT(mkdir(base, 0700), 0);
	child = fork();
	if (child == 0) {
		if (flock(open(base, O_RDONLY | O_DIRECTORY), LOCK_EX) < 0)
			_exit(1);
		for (;;)
			raise(SIGSTOP);
	}
	CHECK(child > 0 && waitpid(child, NULL, WUNTRACED) == child);
	CHECK_INT(vms_lock(base, true, &e), -EBUSY);
	snprintf(want, sizeof(want), "is locked by pid %d (", (int)child);
	CHECK_HAS(e.text, want);
	snprintf(want, sizeof(want), "which is stopped: continue it (kill -CONT %d)", (int)child);
	CHECK_HAS(e.text, want);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	lock = vms_lock(base, false, &e);
	CHECK(lock >= 0);
	vms_unlock(lock, base);
	CHECK(access(base, F_OK) < 0);
}

static bool blocked(int signal)
{
	sigset_t now;

	sigprocmask(SIG_BLOCK, NULL, &now);
	return sigismember(&now, signal) == 1;
}

static void ctrl_z_waits_for_the_unlocking(void)
{
	struct err e = { 0 };
	int lock;

	CHECK(!blocked(SIGTSTP));
	lock = vms_lock(base, true, &e);
	CHECK(lock >= 0 && blocked(SIGTSTP) && blocked(SIGTTIN) && blocked(SIGTTOU));
	vms_unlock(lock, base);
	CHECK(!blocked(SIGTSTP));
}

int main(void)
{
	char top[] = "/tmp/storeboot-lock.XXXXXX";

	if (!mkdtemp(top))
		return 1;
	snprintf(base, sizeof(base), "%s/storeboot", top);
	RUN(a_stopped_process_is_named);
	RUN(ctrl_z_waits_for_the_unlocking);
	rmdir(top);
	TEST_END();
}
