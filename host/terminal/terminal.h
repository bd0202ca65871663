/* SPDX-License-Identifier: MIT */
/*
 * terminal.h - the user's terminal while its keys go to the guest
 *
 * Theory of operation: a process has one terminal, that of stdin. If a shell has job control, only
 * the terminal's foreground process group may change its modes and read its keys. Any other group
 * is stopped by SIGTTOU and SIGTTIN, and its guest would stand still (termios(3), setpgid(2)). So
 * the modes are changed, and keys read, only in the foreground. A shell's `fg` sends no SIGCONT to
 * a job that runs, so the foreground is polled. The callers block signals_of_jobs from terminal_raw
 * to terminal_restore.
 */
#ifndef STOREBOOT_HOST_TERMINAL_TERMINAL_H
#define STOREBOOT_HOST_TERMINAL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "host/lib/escapes.h"
#include "init/lib/macro.h"

struct terminal {
	bool there;  /* stdin and stdout are a terminal of this session, or of none */
	bool wanted; /* between terminal_raw and terminal_restore */
	bool escape; /* the escape key was typed */
	bool quit;   /* the user typed the escape key and x */
};

/* Notes whether stdin and stdout are a terminal that a program of this session may use. */
void terminal_look(struct terminal *t);

/* Call after terminal_look. Sends every key to the guest except the escape key, Ctrl-a; in the
 * background only once the terminal is ours. Returns whether that works, now or later. */
bool terminal_raw(struct terminal *t);

/* Restores the terminal's modes, if it is ours and no other struct terminal wants its keys. */
void terminal_restore(struct terminal *t);

/* Whether fd, stdout or stderr, is a terminal of another process group or session. That one would
 * read the answers to escape sequences as if they were typed into the user's shell. */
bool terminal_is_others(int fd);

/* Whether fd is a terminal that gets only what escapes_filter passes: by the VM's setting
 * (--escapes filter), or because it is another's. */
bool terminal_filters(int fd, bool filtered);

/*
 * The only way for output of a guest to stdout, stderr or another fd that may be a terminal: puts
 * the n bytes of in that fd shall get into out, which has space for n + ESCAPES_HELD. Returns their
 * number. filtered: the VM's setting. Only a terminal gets other bytes than the guest's.
 */
size_t terminal_output(int fd, bool filtered, struct escapes *s, const char *in, size_t n,
		       char *out);

/* Writes the n bytes of in to fd, as terminal_output says. Returns 0 or -errno. */
_must_check_ int terminal_write(int fd, bool filtered, struct escapes *s, const char *in, size_t n);

/* Whether stdin may be read: it is not a terminal, or we are in its foreground. Also in an orphaned
 * process group: read(2) fails at once there with EIO, and no shell will bring us to the
 * foreground. */
bool terminal_readable(void);

/*
 * Checks whether the terminal is ours now, and makes it raw if keys are wanted. continued: SIGCONT
 * came, so a shell may have changed its modes. Returns whether it has become ours: its size may
 * have changed.
 */
bool terminal_follow(bool continued);

/* After a read of stdin failed with EIO: whether it did only because we are in the background. */
bool terminal_away(void);

/* A timeout for poll(2), in ms, shortened if terminal_follow is due earlier. */
int terminal_wait_ms(int ms);

/* Whether a write to fd must wait: it is our terminal with `stty tostop`, and we are in the
 * background. If so, call terminal_stop(SIGTTOU). */
bool terminal_held(int fd);

/* Restores the terminal's modes, stops this process by SIGTSTP or SIGTTOU, which is blocked, and
 * returns when it is continued; at once in an orphaned process group, which nobody could continue.
 * Then call terminal_follow. */
void terminal_stop(int signal);

/* For the keeper: restores the modes after the launcher was killed. */
void terminal_keep(void);

/*
 * Keeps those of n typed keys that are for the guest, in place, and returns how many. Ctrl-a x sets
 * t->quit; Ctrl-a a and Ctrl-a Ctrl-a are one Ctrl-a for the guest; Ctrl-a with any other key is
 * ignored.
 */
size_t terminal_keys(struct terminal *t, char *keys, size_t n);

/* Returns 0 with the terminal's size, or -ENOTTY if stdout is none. */
_must_check_ int terminal_size(unsigned short *ret_rows, unsigned short *ret_columns);

#endif
