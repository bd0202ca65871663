/* SPDX-License-Identifier: MIT */
/* proc.h - finding, starting and ending the launcher's children */
#ifndef STOREBOOT_HOST_LIB_PROC_H
#define STOREBOOT_HOST_LIB_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

/*
 * Finds a program: given itself if it is a path, else given or, if NULL, name in PATH and then in
 * /usr/bin, /bin, /usr/sbin and /sbin; an ordinary user's PATH lacks the latter two. package:
 * Debian's name, for the message. ret: PATH_MAX bytes, links resolved. Returns 0, or -errno with e
 * (EXIT_MISSING).
 */
_must_check_ int proc_find(const char *given, const char *name, const char *package, char *ret,
			   struct err *e);

/* Is this terminal the controlling terminal of any process? */
bool proc_has_tty(int fd);

/*
 * Writes the command line of a process to ret, which must be empty: its arguments separated by
 * spaces, control characters replaced by spaces. Returns 0, -ESRCH if there is none, or another
 * -errno.
 */
_must_check_ int proc_command(pid_t pid, struct buf *ret);

/* Is the process stopped, by Ctrl-Z or SIGSTOP? */
bool proc_is_stopped(pid_t pid);

/*
 * Makes this process the parent of all its orphaned descendants. Lists the children that it has
 * already, inherited from the program before an exec; those are never touched. Returns 0 or -errno
 * with e.
 */
struct proc_others {
	pid_t *pids;
	size_t n;
};
_must_check_ int proc_adopt_orphans(struct proc_others *ret, struct err *e);
/* Adds a child that is waited for elsewhere. Returns 0 or -ENOMEM. */
_must_check_ int proc_others_add(struct proc_others *o, pid_t pid);
void proc_others_free(struct proc_others *o);

/* Closes at the next exec all descriptors above 2 that this process got from its caller: no program
 * that it starts is to hold them. */
void proc_keep_descriptors(void);

/* How a program is started. */
struct proc_run {
	char *const *argv;    /* argv[0]: its path */
	char *const *envp;    /* NULL: what environment_of_programs gives it */
	const int *pass;      /* descriptors to inherit under the same numbers, ended by -1 */
	int input;	      /* stdin; 0: /dev/null */
	int said;	      /* stdout and stderr */
	bool private;	      /* the files that it makes are its user's alone (umask 077) */
	int (*confine)(void); /* called last in the child, returns 0 or -errno; NULL: nothing */
};

/* Starts a program in a new session, without core dumps. It is killed when this process ends for
 * any reason. Returns a pidfd and sets ret_pid, or returns -errno with e. */
_must_check_ int proc_start(const struct proc_run *run, pid_t *ret_pid, struct err *e);

/* Ends all children, including adopted ones, except others: waits up to grace_ms for them to exit,
 * then kills them, and returns when none is left. */
void proc_end_all(const struct proc_others *others, unsigned int grace_ms);

/* Reaps the children that have exited, except others. Calls ended with each one's status
 * (wait(2)). */
void proc_reap(const struct proc_others *others, void (*ended)(pid_t pid, int status, void *arg),
	       void *arg);

#endif
