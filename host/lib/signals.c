/* SPDX-License-Identifier: MIT */
/* signals.c - the signals that a run handles */
#include "host/lib/signals.h"

#include <stddef.h>
#include <unistd.h>

#include "init/lib/macro.h"

static const struct signal_use uses[] = {
	{ SIGINT, true, false },    { SIGQUIT, true, false },  { SIGTERM, true, true },
	{ SIGHUP, true, true },	    { SIGUSR1, false, false }, { SIGUSR2, false, false },
	{ SIGWINCH, false, false }, { SIGCHLD, false, false },
};

/* Only SIGHUP is spared. SIGINT is handled even if ignored: a script's shell ignores it for
 * background jobs, so a SIGINT sent to one is meant for it. */
void signals_spare_hangup(sigset_t *set)
{
	struct sigaction hangup;

	if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN)
		sigdelset(set, SIGHUP);
}

void signals_of_run(sigset_t *ret)
{
	sigemptyset(ret);
	for (size_t i = 0; i < ARRAY_SIZE(uses); i++)
		sigaddset(ret, uses[i].signal);
	signals_spare_hangup(ret);
}

void signals_of_jobs(sigset_t *ret_take, sigset_t *ret_block)
{
	struct sigaction stop;

	sigemptyset(ret_take);
	sigaddset(ret_take, SIGCONT);
	if (sigaction(SIGTSTP, NULL, &stop) == 0 && stop.sa_handler != SIG_IGN)
		sigaddset(ret_take, SIGTSTP);
	*ret_block = *ret_take;
	sigaddset(ret_block, SIGTTIN);
	sigaddset(ret_block, SIGTTOU);
}

bool signals_stop(int signal)
{
	sigset_t one, pending;

	sigemptyset(&one);
	sigaddset(&one, signal);
	kill(signal == SIGTTOU ? 0 : getpid(), signal); /* discards a pending SIGCONT (signal(7)) */
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	sigprocmask(SIG_BLOCK, &one, NULL);
	sigpending(&pending);
	return sigismember(&pending, SIGCONT) == 1;
}

const struct signal_use *signals_use(int signal)
{
	for (size_t i = 0; i < ARRAY_SIZE(uses); i++)
		if (uses[i].signal == signal)
			return &uses[i];
	return NULL;
}

int signals_waiting(void)
{
	sigset_t pending, ours;

	signals_of_run(&ours);
	sigpending(&pending);
	for (size_t i = 0; i < ARRAY_SIZE(uses); i++)
		if (uses[i].ends && sigismember(&pending, uses[i].signal) == 1 &&
		    sigismember(&ours, uses[i].signal) == 1)
			return uses[i].signal;
	return 0;
}
