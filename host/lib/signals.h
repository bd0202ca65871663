/* SPDX-License-Identifier: MIT */
/* signals.h - the signals that a run handles */
#ifndef STOREBOOT_HOST_LIB_SIGNALS_H
#define STOREBOOT_HOST_LIB_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Whether the signal ends a run, and if so, by a clean power-off of the guest. */
struct signal_use {
	int signal;
	bool ends, clean;
};

/* Removes SIGHUP from a set to be blocked for a signalfd if the caller ignores it (nohup(1)): a
 * signalfd delivers even an ignored signal if it is blocked. */
void signals_spare_hangup(sigset_t *set);

/* The signals that a run blocks from its start: SIGCHLD, SIGWINCH, those for a command, and those
 * that end a run, except a SIGHUP that the caller ignores. */
void signals_of_run(sigset_t *ret);

/*
 * The signals of job control, blocked while a guest is served. ret_take, for a signalfd: SIGCONT,
 * and SIGTSTP unless the caller ignores it. ret_block: ret_take, SIGTTIN and SIGTTOU, so that in
 * the background read(2) from the terminal fails with EIO and write(2) does not stop us.
 */
void signals_of_jobs(sigset_t *ret_take, sigset_t *ret_block);

/* Stops this process by SIGTSTP, or its process group by SIGTTOU, as the terminal would. On return
 * the signal is blocked again. Returns whether the process was stopped and continued. */
bool signals_stop(int signal);

/* The use of a signal, or NULL if a run does not handle it. */
const struct signal_use *signals_use(int signal);

/* Returns a blocked, pending signal that ends a run, or 0. Ctrl-C also ends a program that is being
 * queried. */
int signals_waiting(void);

#endif
