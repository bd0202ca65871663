/* SPDX-License-Identifier: MIT */
/* keeper.c - the process that cleans up after a killed launcher */
#include "host/lib/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init/lib/file.h"

#define REMOVE_TRIES 200 /* 10 ms apart */

static void close_all_but(int a, int b)
{
	for (int fd = 0; fd < 64; fd++)
		if (fd != a && fd != b)
			close(fd);
	syscall(SYS_close_range, 64, ~0U, 0); /* Linux 5.9; the launcher opens fewer than 64 */
}

/*
 * The kernel closes the launcher's descriptors one after the other, and only then kills its
 * children (do_exit in kernel/exit.c). For a moment a VM may still look alive, and a file server
 * may still create a file here, so try more than once.
 */
static void remove_at_last(int (*remove)(const char *folder), const char *folder)
{
	const struct timespec pause = { 0, 10000000 };

	for (int i = 0; i < REMOVE_TRIES && remove && remove(folder) < 0; i++)
		nanosleep(&pause, NULL);
}

static void keep(int pipe_fd, const struct keeper_task *t)
{
	char word;
	ssize_t n;
	sigset_t all;

	setsid(); /* a signal to the launcher's process group must not reach the keeper */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	close_all_but(pipe_fd, t->tty_fd);
	if (chdir("/") < 0)
		_exit(1);
	do
		n = read(pipe_fd, &word, 1);
	while (n < 0 && errno == EINTR);
	if (n == 0) {
		if (t->tty_fd >= 0)
			t->restore();
		remove_at_last(t->remove, t->folder);
	}
	_exit(0);
}

int keeper_start(struct keeper *k, const struct keeper_task *t, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	k->pid = fork();
	if (k->pid == 0)
		keep(ends[0], t);
	close(ends[0]);
	if (k->pid < 0) {
		k->pid = 0;
		close(ends[1]);
		return err_sys(e, errno, "fork");
	}
	k->pipe_fd = ends[1];
	return 0;
}

void keeper_end(struct keeper *k, bool done)
{
	if (k->pid <= 0)
		return;
	if (done && file_write_all(k->pipe_fd, "x", 1) < 0)
		kill(k->pid, SIGKILL);
	close(k->pipe_fd);
	while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*k = (struct keeper)KEEPER_INIT;
}

void keeper_stop(struct keeper *k)
{
	keeper_end(k, true);
}
