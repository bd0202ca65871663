/* SPDX-License-Identifier: MIT */
/* progress.c - tests of the line that says what takes long, on a terminal of their own */
#include "host/lib/progress.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#include "init/lib/log.h"
#include "tests/lib/together.h"

static int master = -1, stderr_before = -1;

/* What the terminal is told, until it has told so much of it or within ms nothing more comes. */
static const char *told(const char *until, int ms)
{
	static char text[8192];
	size_t n = 0;

	text[0] = '\0';
	for (int i = 0; i < 20 && n + 1 < sizeof(text) && !(until && strstr(text, until)); i++) {
		struct pollfd p = { master, POLLIN, 0 };
		int r = poll(&p, 1, ms);
		ssize_t got;

		if (r < 0) /* SIGALRM */
			continue;
		if (r == 0)
			break;
		got = read(master, text + n, sizeof(text) - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
		text[n] = '\0';
	}
	return text;
}

/* Puts a terminal of so many columns in stderr's place; controlling: it is this session's. */
static int terminal(unsigned short columns, bool controlling)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	struct termios raw;
	int slave;

	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return -1;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &raw) < 0)
		return -1;
	cfmakeraw(&raw);
	if (tcsetattr(slave, TCSANOW, &raw) < 0 || ioctl(slave, TIOCSWINSZ, &size) < 0)
		return -1;
	if (controlling && ioctl(slave, TIOCSCTTY, 0) < 0)
		return -1;
	stderr_before = dup(STDERR_FILENO);
	return dup2(slave, STDERR_FILENO) < 0 ? -1 : 0;
}

static void what_is_quick_is_not_told(void)
{
	progress_set("one");
	progress_set("two");
	progress_end();
	CHECK_STR(told(NULL, 1300), "");
}

static void what_is_slow_is_told_replaced_and_taken_away(void)
{
	progress_set("making %d", 1);
	CHECK_STR(told("1", 5000), "\rstoreboot: making 1");
	progress_set("b\33[2J");
	CHECK_STR(told("J", 5000), "\r                   \rstoreboot: b?[2J");
	progress_end();
	CHECK_STR(told(NULL, 1300), "\r                \r");
}

static void seconds_are_counted(void)
{
	progress_set("slow");
	CHECK_HAS(told("2 s", 5000), "\rstoreboot: slow\rstoreboot: slow, 2 s");
	progress_end();
	told(NULL, 100);
}

static void a_log_line_takes_its_place(void)
{
	progress_set("slow");
	CHECK_STR(told("slow", 5000), "\rstoreboot: slow");
	log_info("a line");
	CHECK_STR(told("\n", 5000), "\r               \rstoreboot: a line\n");
	CHECK_HAS(told("slow", 5000), "\rstoreboot: slow"); /* it comes back */
	progress_end();
	told(NULL, 100);
}

static void others_on_a_terminal_end_it(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	progress_set("slow");
	CHECK_STR(told("slow", 5000), "\rstoreboot: slow");
	progress_yield(null);
	CHECK_HAS(told("slow", 5000), "\rstoreboot: slow");
	progress_yield(STDERR_FILENO);
	CHECK_HAS(told(NULL, 1300), " \r");
	close(null);
}

static void a_narrow_terminal_is_not_overrun(void)
{
	const struct winsize size = { .ws_row = 24, .ws_col = 16 };

	CHECK_INT(ioctl(STDERR_FILENO, TIOCSWINSZ, &size), 0);
	progress_set("a text of some length");
	CHECK_STR(told("a te", 5000), "\rstoreboot: a te");
	progress_end();
}

/* As a Nix build's is. In a process of its own: where a line goes is looked at once. */
static void a_terminal_of_no_session_is_left_alone(void)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		if (terminal(80, false) < 0)
			_exit(1);
		progress_set("slow");
		_exit(told(NULL, 1300)[0] ? 2 : 0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
}

/* On a terminal of its own, which only a session has. */
static void on_a_terminal(void (*fn)(void))
{
	CHECK(setsid() > 0);
	CHECK_INT(terminal(80, true), 0);
	fn();
	dup2(stderr_before, STDERR_FILENO);
}

static void in_a_session(void (*fn)(void))
{
	CHECK(setsid() > 0);
	fn();
}

int main(void)
{
	static const struct together alone[] = { TOGETHER(a_terminal_of_no_session_is_left_alone) };
	static const struct together tests[] = {
		TOGETHER(what_is_quick_is_not_told),
		TOGETHER(what_is_slow_is_told_replaced_and_taken_away),
		TOGETHER(seconds_are_counted),
		TOGETHER(a_log_line_takes_its_place),
		TOGETHER(others_on_a_terminal_end_it),
		TOGETHER(a_narrow_terminal_is_not_overrun),
	};

	run_together(alone, ARRAY_SIZE(alone), in_a_session);
	run_together(tests, ARRAY_SIZE(tests), on_a_terminal);
	TEST_END();
}
