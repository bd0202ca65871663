/* SPDX-License-Identifier: MIT */
/*
 * terminal.h - the user's terminal while its keys are the guest's
 *
 * Theory of operation: a process has one terminal, that of stdin. Where a shell has job control,
 * only the terminal's foreground process group may change its modes and read its keys; any other is
 * stopped by SIGTTOU and SIGTTIN, and what it serves would stand still (termios(3), setpgid(2)). So
 * the modes are changed, and keys read, only in the foreground. A shell's `fg` sends no SIGCONT to
 * a job that runs, so the foreground is looked at again and again. The callers have signals_of_jobs
 * blocked from terminal_raw to terminal_restore.
 */
#ifndef STOREBOOT_HOST_TERMINAL_TERMINAL_H
#define STOREBOOT_HOST_TERMINAL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "init/lib/macro.h"

struct terminal {
	bool there;  /* stdin and stdout are a terminal of this session, or of none */
	bool wanted; /* between terminal_raw and terminal_restore */
	bool escape; /* the escape key was typed */
	bool quit;   /* the user typed the escape key and x */
};

/* Notes whether stdin and stdout are a terminal that a program of this session may use. */
void terminal_look(struct terminal *t);

/* After terminal_look: every key goes to the guest but the escape key, Ctrl-a; in the background
 * only from the moment when the terminal is ours. Returns whether it is, or will be, so. */
bool terminal_raw(struct terminal *t);

/* Gives the terminal its modes back, if it is ours, and no other struct terminal wants its keys. */
void terminal_restore(struct terminal *t);

/* Is fd, stdout or stderr, a terminal that another process group, or session, has? That reads the
 * terminal's answers to escape sequences: as if they were typed into the user's shell. */
bool terminal_is_others(int fd);

/* May stdin be read, as no terminal or in its foreground? In an orphaned process group too: there
 * read(2) fails at once with EIO, and no shell will bring the process to the foreground. */
bool terminal_readable(void);

/*
 * Looks whether the terminal is ours now, and makes it raw if keys are wanted. continued: SIGCONT
 * came, so a shell may have changed its modes meanwhile. Returns whether it has become ours: its
 * size may be another.
 */
bool terminal_follow(bool continued);

/* A read of stdin failed with EIO: is it only because the process is in the background now? */
bool terminal_away(void);

/* A timeout as poll(2) takes it, shorter where terminal_follow is due earlier. */
int terminal_wait_ms(int ms);

/* Must a write to the descriptor wait, as it is our terminal, in whose background we are, and that
 * has `stty tostop`? Then terminal_stop(SIGTTOU). */
bool terminal_held(int fd);

/* Gives the terminal its modes back, stops this process by SIGTSTP or SIGTTOU, which is blocked,
 * and returns when it is continued; at once where nobody could continue it (an orphaned process
 * group). terminal_follow is next. */
void terminal_stop(int signal);

/* For the keeper: what the launcher, which was killed, had changed. */
void terminal_keep(void);

/*
 * Of n keys that were typed those that are for the guest, in place; returns how many. Ctrl-a x sets
 * t->quit; Ctrl-a a and Ctrl-a Ctrl-a are one Ctrl-a for the guest; Ctrl-a and any other key are
 * nothing.
 */
size_t terminal_keys(struct terminal *t, char *keys, size_t n);

/* Its size. Returns 0, or -ENOTTY where there is none. */
_must_check_ int terminal_size(unsigned short *ret_rows, unsigned short *ret_columns);

#endif
