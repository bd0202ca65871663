/* SPDX-License-Identifier: MIT */
/* command.c - tests of what a command's output may do to a terminal that is the shell's */
#include "host/terminal/command.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tests/lib/test.h"

#define ASKS "\033[6n" /* the terminal's answer would be typed into the shell */
#define TITLE "\033]0;PWNED\a"
#define RED "\033[31m"
static bool filtered; /* the VM's setting */
#define LONG 700      /* more than one write(2) to a terminal */

static void say(int guest, enum frame_kind kind, const char *text)
{
	_cleanup_buf_ struct buf b = { 0 };

	if (frame_put(&b, kind, 1, text, strlen(text)) < 0 ||
	    send(guest, b.data, b.len, MSG_NOSIGNAL) != (ssize_t)b.len)
		_exit(1);
}

/* Serves a command that says all this, and ends. */
static int serve_command(bool tty)
{
	static const unsigned char end[8] = { 7 };
	struct command c = COMMAND_INIT;
	_cleanup_buf_ struct buf b = { 0 };
	char text[LONG + 1];
	int ends[2];

	c.filtered = filtered;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ||
	    command_start(&c, ends[1], &b, tty) < 0)
		return 1;
	say(ends[0], FRAME_OUT, "out" ASKS RED "red" TITLE "\n");
	say(ends[0], FRAME_ERR, "6nerr" ASKS TITLE "\n");
	/* Its sequence is at 510 of 512 bytes of a write. The other stream would come before its
	 * second half. */
	memset(text, 'x', LONG);
	memcpy(text + 510 - strlen("out" RED "red\n"), RED, strlen(RED));
	text[LONG] = '\0';
	say(ends[0], FRAME_OUT, text);
	if (frame_put(&b, FRAME_EXIT, 1, end, sizeof(end)) < 0 ||
	    send(ends[0], b.data, b.len, 0) < 0)
		return 2;
	while (!command_done(&c)) {
		struct pollfd fds[COMMAND_POLLS];

		command_polls(&c, fds);
		if (poll(fds, COMMAND_POLLS, -1) > 0)
			command_serve(&c, fds);
	}
	command_close(&c);
	return c.state == COMMAND_ENDED && c.status == 7 ? 0 : 3;
}

/* A shell's session, and in it a job in the background or the foreground. out: its stdout, -1: the
 * terminal. */
static int session(const char *name, bool front, bool tty, int out)
{
	int fd, status;
	pid_t pid;

	alarm(60);
	signal(SIGTTOU, SIG_IGN);
	if (setsid() < 0 || (fd = open(name, O_RDWR)) < 0 || dup2(fd, 0) < 0 ||
	    dup2(out < 0 ? fd : out, 1) < 0 || dup2(fd, 2) < 0)
		return 100;
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		if (front)
			tcsetpgrp(0, getpgrp());
		_exit(serve_command(tty));
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 101;
}

/* What the terminal got. */
static const char *shown(bool front, bool tty, int out)
{
	static char text[8192];
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status = -1;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	pid = fork();
	if (pid == 0)
		_exit(session(ptsname(master), front, tty, out));
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
	while ((n = read(master, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(master);
	return text;
}

static bool is_harmless(const char *text)
{
	return !strstr(text, ASKS) && !strstr(text, "\033]") && !strchr(text, '\a');
}

static void in_the_background(void)
{
	const char *text = shown(false, false, -1);

	CHECK(is_harmless(text));
	CHECK_HAS(text, "out" RED "red\r\n");
	CHECK_HAS(text, "err\r\n");
	CHECK_HAS(text, RED "xx");
	text = shown(false, true, -1);
	CHECK(is_harmless(text));
	CHECK_HAS(text, "out" RED "red\r\n");
	CHECK(!strstr(text, "err"));
}

static void in_the_foreground(void)
{
	CHECK_HAS(shown(true, false, -1), "out" ASKS RED "red" TITLE "\r\n");
}

static void by_the_setting(void)
{
	const char *text;

	filtered = true;
	text = shown(true, false, -1);
	filtered = false;
	CHECK(is_harmless(text));
	CHECK_HAS(text, "out" RED "red\r\n");
	CHECK_HAS(text, "err\r\n");
}

/* What goes to a file or pipe is left as it is, and only the terminal is spared. */
static void into_a_pipe(void)
{
	char text[4096] = "";
	const char *at;
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	filtered = true;
	at = shown(false, false, ends[1]);
	filtered = false;
	CHECK(is_harmless(at) && !strstr(at, "out"));
	CHECK_HAS(at, "err\r\n");
	CHECK(read(ends[0], text, sizeof(text) - 1) > LONG);
	CHECK_HAS(text, "out" ASKS RED "red" TITLE "\n");
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	RUN(in_the_background);
	RUN(in_the_foreground);
	RUN(by_the_setting);
	RUN(into_a_pipe);
	TEST_END();
}
