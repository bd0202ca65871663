/* SPDX-License-Identifier: MIT */
/* signals.h - the signals that a run takes for itself */
#ifndef STOREBOOT_HOST_LIB_SIGNALS_H
#define STOREBOOT_HOST_LIB_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Whether it ends a run, and if so by a clean power-off of the guest. */
struct signal_use {
	int signal;
	bool ends, clean;
};

/* Takes SIGHUP out of a set that is to be blocked for a signalfd, where the caller ignores it
 * (nohup(1)): what is ignored and blocked would be delivered by that all the same. */
void signals_spare_hangup(sigset_t *set);

/* SIGCHLD, SIGWINCH, those for a command, and those that end a run, less a SIGHUP that the caller
 * ignores; blocked from the run's beginning. */
void signals_of_run(sigset_t *ret);

/*
 * Those of a shell's job control, blocked while a guest is served: SIGTSTP and SIGCONT are for a
 * signalfd (take), unless the caller ignores SIGTSTP; SIGTTIN and SIGTTOU are blocked only (block
 * holds all four), so that read(2) of a terminal in the background fails with EIO, and write(2)
 * does not stop us.
 */
void signals_of_jobs(sigset_t *ret_take, sigset_t *ret_block);

/* Stops this process by SIGTSTP, or its process group by SIGTTOU, as the terminal would; the signal
 * is blocked again when it returns. Returns whether it was stopped, and is continued now. */
bool signals_stop(int signal);

/* What becomes of one of them; NULL: it is none. */
const struct signal_use *signals_use(int signal);

/* Has one of those that end a run, blocked, come? Ctrl-C also ends the programs that are asked
 * things meanwhile. Returns the signal, or 0. */
int signals_waiting(void);

#endif
