/* SPDX-License-Identifier: MIT */
/* left.c - tests of what a killed launcher leaves: its programs are killed, and no others */
#include "host/vms/vms.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "host/lib/folder.h"
#include "host/lib/keeper.h"
#include "tests/lib/test.h"

static const struct vms_about about = { "box", "/nix/store/sys", "/boot/k", "/w/box.qcow2", false };

/* A program of the VM, which nothing kills together with its launcher, and a fork of that, as
 * bwrap's child is. Returns its process group when both are there. */
static pid_t start_programs(void)
{
	int ends[2];
	pid_t pid;
	char byte;

	CHECK_INT(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		execl("/bin/sh", "sh", "-c", "(while :; do sleep 1000; done) & echo; wait",
		      (char *)NULL);
		_exit(1);
	}
	close(ends[1]);
	CHECK_INT(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return pid;
}

/* A launcher with such programs, which is killed. Returns their process group. */
static pid_t killed_launcher(bool with_keeper)
{
	pid_t launcher, programs = -1;
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	launcher = fork();
	if (launcher == 0) {
		struct keeper k = KEEPER_INIT;
		struct vms_own own = VMS_OWN_INIT;
		const struct keeper_task task = { own.place, vms_clean, -1, NULL };
		struct err e = { 0 };

		if (vms_make(&about, true, &own, &e) < 0 ||
		    (with_keeper && keeper_start(&k, &task, &e) < 0))
			_exit(1);
		programs = start_programs();
		if (write(ends[1], &programs, sizeof(programs)) > 0)
			pause();
		_exit(1);
	}
	CHECK_INT(read(ends[0], &programs, sizeof(programs)), sizeof(programs));
	kill(launcher, SIGKILL);
	CHECK_INT(waitpid(launcher, NULL, 0), launcher);
	close(ends[0]);
	close(ends[1]);
	return programs;
}

/* Are all of them, which are our children now, killed within a minute? */
static bool are_killed(pid_t group)
{
	int status, n = 0;

	for (int i = 0; i < 6000; i++) {
		pid_t pid = waitpid(-group, &status, WNOHANG);

		if (pid < 0)
			return n >= 2;
		n += pid > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		if (pid == 0)
			usleep(10000);
	}
	kill(-group, SIGKILL);
	return false;
}

static void killed_by_who_sees_the_dead_vm(void)
{
	_cleanup_(vms_list_free) struct vms_list l = { 0 };
	struct vms_own own = VMS_OWN_INIT;
	struct err e = { 0 };
	pid_t programs = killed_launcher(false), others;

	/* Those of another VM, and of none. */
	CHECK_INT(vms_make(&(struct vms_about){ "other", "", "", "", false }, true, &own, &e), 0);
	others = start_programs();
	CHECK_INT(waitpid(-programs, NULL, WNOHANG), 0);
	CHECK_INT(vms_list(&l, &e), 0);
	CHECK_INT(l.n, 1);
	CHECK(are_killed(programs));
	CHECK_INT(waitpid(-others, NULL, WNOHANG), 0);
	CHECK_INT(vms_release(&own), 0);
	CHECK_INT(waitpid(-others, NULL, WNOHANG),
		  0); /* a launcher that is not killed ends them itself */
	kill(-others, SIGKILL);
	CHECK(are_killed(others));
}

static void killed_by_the_keeper(void)
{
	CHECK(are_killed(killed_launcher(true)));
}

int main(void)
{
	static char top[] = "/tmp/storeboot-left.XXXXXX";

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || !mkdtemp(top) ||
	    setenv("STOREBOOT_RUNTIME_DIR", top, 1) < 0)
		return 1;
	RUN(killed_by_who_sees_the_dead_vm);
	RUN(killed_by_the_keeper);
	folder_remove(top);
	TEST_END();
}
