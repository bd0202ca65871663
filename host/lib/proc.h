/* SPDX-License-Identifier: MIT */
/* proc.h - the launcher's children: found, started, and none left behind */
#ifndef STOREBOOT_HOST_LIB_PROC_H
#define STOREBOOT_HOST_LIB_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

/*
 * Finds a program: given itself when it is a path, else given or name in PATH and then in /usr/sbin
 * and /sbin, which an ordinary user's PATH lacks. given may be NULL. package: Debian's name, for
 * the message. ret: PATH_MAX bytes, with links resolved. Returns 0, or -errno with e
 * (EXIT_MISSING).
 */
_must_check_ int proc_find(const char *given, const char *name, const char *package, char *ret,
			   struct err *e);

/* Is the terminal that the descriptor leads to some process's controlling terminal? */
bool proc_has_tty(int fd);

/*
 * A process's command line into ret, which is empty: its words separated by blanks, with no control
 * characters in it. Returns 0, -ESRCH where there is none, or another -errno.
 */
_must_check_ int proc_command(pid_t pid, struct buf *ret);

/*
 * Makes this process the parent of every orphan below it, and notes which children it has already
 * (of the program it was before an exec): those are never touched. Returns 0 or -errno with e.
 */
struct proc_others {
	pid_t *pids;
	size_t n;
};
_must_check_ int proc_adopt_orphans(struct proc_others *ret, struct err *e);
/* Adds one: a child of ours that is waited for elsewhere. Returns 0 or -ENOMEM. */
_must_check_ int proc_others_add(struct proc_others *o, pid_t pid);
void proc_others_free(struct proc_others *o);

/*
 * Starts argv[0] (a path) in a session of its own with stdin /dev/null and said as its stdout and
 * stderr. It is killed when this process ends, whatever ends it. pass: descriptors that it inherits
 * by the same number, ended by -1. Returns a pidfd with ret_pid, or -errno with e.
 */
_must_check_ int proc_start(char *const *argv, const int *pass, int said, pid_t *ret_pid,
			    struct err *e);

/*
 * Ends every child, also adopted ones, except for others: waits up to grace_ms for them to end by
 * themselves, then kills them, until none is left.
 */
void proc_end_all(const struct proc_others *others, unsigned int grace_ms);

/* Waits for those that have ended already, others excepted; ended gets each one's status (wait(2)).
 */
void proc_reap(const struct proc_others *others, void (*ended)(pid_t pid, int status, void *arg),
	       void *arg);

#endif
