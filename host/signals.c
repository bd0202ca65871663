/* SPDX-License-Identifier: MIT */
/* signals.c - the signals that a run takes for itself */
#include "host/signals.h"

#include <stddef.h>

#include "init/lib/macro.h"

static const struct signal_use uses[] = {
	{ SIGINT, true, false },    { SIGQUIT, true, false },	{ SIGTERM, true, true },
	{ SIGHUP, true, true },	    { SIGUSR1, false, false },	{ SIGUSR2, false, false },
	{ SIGWINCH, false, false }, { SIGCHLD, false, false },
};

/* SIGINT is taken also where it is ignored: a script's shell ignores it for every job in the background, and
 * who sends it to one means it. */
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
