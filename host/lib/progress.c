/* SPDX-License-Identifier: MIT */
/* progress.c - a line on the terminal that shows a long operation while it lasts */
#include "host/lib/progress.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include "init/lib/file.h"
#include "init/lib/log.h"
#include "init/lib/sys.h"

#define LINE_MAX_LEN 160

/* The signal handler reads all of it, so change it only while SIGALRM is blocked. */
static struct {
	bool ready, terminal; /* whether stderr was checked; whether it is a terminal */
	bool set;
	char text[LINE_MAX_LEN];
	uint64_t since;
	size_t shown; /* columns currently on the terminal */
} line;

/* Is stderr a terminal of our session, with us in the foreground? In a Nix build it is a terminal
 * without a session, and its output goes to a log. */
static bool is_watched(void)
{
	return isatty(STDERR_FILENO) == 1 && tcgetpgrp(STDERR_FILENO) == getpgrp();
}

/* Works on any terminal, since it uses no escape sequences. Must be async-signal-safe. */
static void paint(const char *text, size_t len)
{
	struct winsize size;
	char out[2 * (LINE_MAX_LEN + 16) + 2];
	size_t n = 0, room;

	if (!is_watched()) /* in the background since then (`bg`) */
		return;
	/* The last column stays free, as a terminal would wrap there. */
	room = (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80u) -
	       1;
	len = len < room ? len : room;
	if (line.shown > len) {
		out[n++] = '\r';
		memset(out + n, ' ', line.shown);
		n += line.shown;
	}
	out[n++] = '\r';
	memcpy(out + n, text, len);
	n += len;
	line.shown = len;
	if (file_write_all(STDERR_FILENO, out, n) < 0)
		line.set = false;
}

/* The text and the elapsed time. */
static void paint_line(void)
{
	unsigned int s = (unsigned int)((sys_now_us() - line.since) / 1000000);
	char out[LINE_MAX_LEN + 16], digits[12];
	size_t n = strlen(line.text), d = 0;

	memcpy(out, line.text, n);
	if (s > 1) {
		out[n++] = ',';
		out[n++] = ' ';
		for (; s > 0; s /= 10)
			digits[d++] = (char)('0' + s % 10);
		while (d > 0)
			out[n++] = digits[--d];
		out[n++] = ' ';
		out[n++] = 's';
	}
	paint(out, n);
}

static void tick(int signal _unused_)
{
	int before = errno;

	if (line.set)
		paint_line();
	errno = before;
}

static void block(sigset_t *before)
{
	sigset_t alarm;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm, before);
}

/* Starts the timer; seconds 0 stops it. */
static void arm(int seconds)
{
	const struct itimerval in = { .it_interval = { seconds, 0 }, .it_value = { seconds, 0 } };

	setitimer(ITIMER_REAL, &in, NULL);
}

/* SA_RESTART: the signal does not interrupt reads and waits. It does interrupt poll(2), so callers
 * of poll handle EINTR. */
static bool is_terminal(void)
{
	struct sigaction act = { .sa_handler = tick, .sa_flags = SA_RESTART };

	if (line.ready)
		return line.terminal;
	line.ready = true;
	line.terminal = is_watched() && sigaction(SIGALRM, &act, NULL) == 0;
	if (line.terminal)
		log_before(progress_clear);
	return line.terminal;
}

void progress_set(const char *fmt, ...)
{
	sigset_t before;
	va_list ap;
	int n;

	if (!is_terminal())
		return;
	block(&before);
	n = snprintf(line.text, sizeof(line.text), "storeboot: ");
	va_start(ap, fmt);
	vsnprintf(line.text + n, sizeof(line.text) - (size_t)n, fmt, ap);
	va_end(ap);
	for (char *p = line.text; *p; p++) /* so that a byte is a column */
		if (*p < ' ' || *p > '~')
			*p = '?';
	line.since = sys_now_us();
	if (line.shown)
		paint_line();
	if (!line.set)
		arm(1);
	line.set = true;
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* again: the line returns if the operation continues. */
static void put_away(bool again)
{
	sigset_t before;

	if (!line.set)
		return;
	block(&before);
	if (line.shown)
		paint("", 0);
	arm(again);
	line.set = again;
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void progress_clear(void)
{
	put_away(true);
}

void progress_end(void)
{
	put_away(false);
}

void progress_yield(int fd)
{
	if (line.set && isatty(fd) == 1)
		progress_end();
}
