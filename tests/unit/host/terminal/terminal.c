/* SPDX-License-Identifier: MIT */
/* terminal.c - tests of the escape key, and of the terminal under a shell's job control */
#include "host/terminal/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "host/lib/signals.h"
#include "init/lib/log.h"
#include "tests/lib/test.h"

static void the_escape_key(void)
{
	static const struct {
		const char *typed, *sent;
		bool quit;
	} rows[] = {
		{ "plain \r\t\x03", "plain \r\t\x03", false },
		{ "a\x01xb", "ab", true },
		{ "\x01\x01", "\x01", false },
		{ "\x01"
		  "a",
		  "\x01", false },
		{ "1\x01q2", "12", false },
		{ "x", "x", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct terminal t = { 0 };
		char keys[32];
		size_t n = strlen(rows[i].typed);

		memcpy(keys, rows[i].typed, n);
		n = terminal_keys(&t, keys, n);
		keys[n] = '\0';
		CHECK_STR(keys, rows[i].sent);
		CHECK_INT(t.quit, rows[i].quit);
	}
}

static void in_two_reads(void)
{
	struct terminal t = { 0 };
	char escape[] = "\x01", x[] = "x";

	CHECK_INT(terminal_keys(&t, escape, 1), 0);
	CHECK(!t.quit);
	CHECK_INT(terminal_keys(&t, x, 1), 0);
	CHECK(t.quit);
}

/* --- job control: a session on a pseudo-terminal, its shell, and a job in a group of its own
 * ----------- */

static bool modes_are_raw(void)
{
	struct termios now;

	return tcgetattr(STDIN_FILENO, &now) == 0 && !(now.c_lflag & (ICANON | ISIG | ECHO));
}

static void block_jobs(void)
{
	sigset_t taken, blocked;

	signals_of_jobs(&taken, &blocked);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
}

static int said[2]; /* what the log says */

/* Does a line of ours leave the guest's line, as it must in raw mode? */
static bool lines_are_raw(void)
{
	char line[64] = "";

	log_info("x");
	return read(said[0], line, sizeof(line) - 1) > 0 && line[0] == '\r';
}

/* The job: raw only in the foreground. Returns at which step it failed, or 0. */
static int job(int told)
{
	struct terminal t;
	char key;

	alarm(60);
	block_jobs();
	if (dup2(STDIN_FILENO, STDERR_FILENO) < 0 || pipe2(said, O_CLOEXEC) < 0)
		return 9;
	log_open(said[1], false, "job", LOG_INFO);
	terminal_look(&t);
	if (!t.there || !terminal_raw(&t) || lines_are_raw() || modes_are_raw())
		return 1;
	if (terminal_readable() || terminal_wait_ms(-1) <= 0 || !terminal_is_others(STDOUT_FILENO))
		return 2;
	if (read(STDIN_FILENO, &key, 1) >= 0 || errno != EIO || !terminal_away())
		return 3;
	if (write(told, "b", 1) != 1)
		return 4;
	while (!terminal_follow(false))
		usleep(terminal_wait_ms(-1) * 1000);
	if (!lines_are_raw() || !modes_are_raw() || !terminal_readable() ||
	    terminal_wait_ms(-1) != -1)
		return 5;
	terminal_stop(SIGTSTP); /* the shell sees that we stopped, and with its modes */
	if (lines_are_raw() || terminal_follow(true) || modes_are_raw())
		return 6;
	if (write(told, "c", 1) != 1)
		return 10;
	while (!terminal_follow(false))
		usleep(terminal_wait_ms(-1) * 1000);
	if (!modes_are_raw())
		return 7;
	terminal_restore(&t);
	return modes_are_raw() ? 8 : 0;
}

/* As a shell does: `&`, `fg`, a stop, `bg`, `fg`. Returns the job's result, or 100 and more. */
static int session(const char *name)
{
	int ends[2], status, fd;
	pid_t pid;
	char byte;

	alarm(60);
	signal(SIGTTOU, SIG_IGN);
	if (setsid() < 0 || (fd = open(name, O_RDWR)) < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0 ||
	    pipe(ends) < 0)
		return 100;
	pid = fork();
	if (pid == 0) {
		signal(SIGTTOU, SIG_DFL);
		setpgid(0, 0);
		_exit(job(ends[1]));
	}
	setpgid(pid, pid);
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1 || tcsetpgrp(0, pid) < 0)
		return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) :
									      101;
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status) ||
	    WSTOPSIG(status) != SIGTSTP)
		return WIFEXITED(status) ? WEXITSTATUS(status) : 102;
	if (modes_are_raw())
		return 103;
	tcsetpgrp(0, getpgrp());
	kill(-pid, SIGCONT);
	if (read(ends[0], &byte, 1) == 1) /* it has looked; else it has ended */
		tcsetpgrp(0, pid);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 104;
}

static void raw_only_in_the_foreground(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status = -1;
	pid_t pid;

	CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	pid = fork();
	if (pid == 0)
		_exit(session(ptsname(master)));
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
	close(master);
}

/* After setsid(1): the terminal is still another session's. */
static int foreign(const char *name)
{
	struct terminal t;
	int fd;

	alarm(60);
	if (setsid() < 0 || (fd = open(name, O_RDWR)) < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0)
		return 100;
	terminal_look(&t);
	if (!t.there || terminal_is_others(STDOUT_FILENO))
		return 1;
	if (fork() > 0) {
		int status;

		return wait(&status) > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 101;
	}
	setsid();
	terminal_look(&t);
	_exit(t.there || terminal_readable() || !terminal_is_others(STDOUT_FILENO) ? 2 : 0);
}

static void not_of_another_session(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status = -1;
	pid_t pid;

	CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	pid = fork();
	if (pid == 0)
		_exit(foreign(ptsname(master)));
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
	close(master);
}

/* A stop signal that has no effect, as in an orphaned process group, is not tried again and again.
 */
static void nobody_to_continue_it(void)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		alarm(60);
		setsid(); /* alone in its session: orphaned */
		block_jobs();
		_exit(signals_stop(SIGTSTP) || signals_stop(SIGTTOU));
	}
	CHECK_INT(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	RUN(raw_only_in_the_foreground);
	RUN(not_of_another_session);
	RUN(nobody_to_continue_it);
	RUN(the_escape_key);
	RUN(in_two_reads);
	TEST_END();
}
