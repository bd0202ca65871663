/* SPDX-License-Identifier: MIT */
/* terminal.c - the user's terminal while its keys go to the guest (theory: terminal.h) */
#include "host/terminal/terminal.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "host/lib/proc.h"
#include "host/lib/signals.h"
#include "init/lib/file.h"
#include "init/lib/log.h"

#define ESCAPE 0x01 /* Ctrl-a, as in QEMU's own console */
#define FOLLOW_MS 250

/* Shared with the keeper, which is another process. */
struct kept {
	bool raw;	      /* the modes are changed */
	struct termios modes; /* before the change */
};

static struct kept alone;

static struct {
	bool tty;	     /* stdin is a terminal */
	bool foreign;	     /* another session's terminal: job control does not apply */
	bool front;	     /* we are in the foreground */
	bool unstoppable;    /* a stop signal had no effect */
	unsigned int wanted; /* how many struct terminal want its keys */
	struct kept *kept;
} us = { .front = true, .kept = &alone };

/* If the terminal is gone (EIO), a read reports it. */
static bool in_front(void)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);

	if (us.foreign)
		return false;
	return group < 0 || group == getpgrp();
}

/* Whether no shell is left in our session that could bring us to the foreground. */
static bool is_orphaned(void)
{
	return getsid(getppid()) != getsid(0);
}

static void share_kept(void)
{
	void *p = us.kept == &alone ? mmap(NULL, sizeof(*us.kept), PROT_READ | PROT_WRITE,
					   MAP_SHARED | MAP_ANONYMOUS, -1, 0) :
				      MAP_FAILED;

	if (p != MAP_FAILED)
		us.kept = p;
}

void terminal_look(struct terminal *t)
{
	*t = (struct terminal){ 0 };
	us.tty = isatty(STDIN_FILENO) == 1;
	/* Not our controlling terminal: another session's, as after setsid(1), or of none. */
	us.foreign = us.tty && tcgetpgrp(STDIN_FILENO) < 0 && errno == ENOTTY &&
		     proc_has_tty(STDIN_FILENO);
	us.front = in_front();
	t->there = us.tty && !us.foreign && isatty(STDOUT_FILENO);
	if (t->there)
		share_kept();
}

static bool looks_raw(void)
{
	struct termios now;

	return tcgetattr(STDIN_FILENO, &now) == 0 && !(now.c_lflag & (ICANON | ISIG));
}

/* In raw mode our messages must leave the guest's line and begin at the left (log_raw). */
static void set_raw(bool raw)
{
	us.kept->raw = raw;
	log_raw(raw && isatty(STDERR_FILENO) == 1);
}

static bool take(void)
{
	struct termios raw;

	if (us.kept->raw)
		return true;
	if (tcgetattr(STDIN_FILENO, &us.kept->modes) < 0)
		return false;
	raw = us.kept->modes;
	cfmakeraw(&raw);
	set_raw(true); /* before the change: the keeper may have to undo it at any moment */
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
		set_raw(false);
	return us.kept->raw;
}

static void give_back(void)
{
	/* TCSADRAIN would wait for a terminal that is stopped. */
	if (us.kept->raw && in_front())
		tcsetattr(STDIN_FILENO, TCSANOW, &us.kept->modes);
	set_raw(false);
}

bool terminal_raw(struct terminal *t)
{
	if (!t->there)
		return false;
	us.front = in_front();
	if (us.front && !take())
		return false;
	t->wanted = true;
	us.wanted++;
	return true;
}

void terminal_restore(struct terminal *t)
{
	if (!t->wanted)
		return;
	t->wanted = false;
	if (--us.wanted == 0)
		give_back();
}

bool terminal_is_others(int fd)
{
	pid_t group = tcgetpgrp(fd);

	return group >= 0 ? group != getpgrp() : us.foreign && isatty(fd) == 1;
}

bool terminal_filters(int fd, bool filtered)
{
	return isatty(fd) == 1 && (filtered || terminal_is_others(fd));
}

size_t terminal_output(int fd, bool filtered, struct escapes *s, const char *in, size_t n,
		       char *out)
{
	return terminal_filters(fd, filtered) ? escapes_filter(s, in, n, out) :
						escapes_keep(s, in, n, out);
}

int terminal_write(int fd, bool filtered, struct escapes *s, const char *in, size_t n)
{
	char out[4096 + ESCAPES_HELD];
	int r = 0;

	for (size_t piece; r == 0 && n > 0; in += piece, n -= piece) {
		piece = n < 4096 ? n : 4096;
		r = file_write_all(fd, out, terminal_output(fd, filtered, s, in, piece, out));
	}
	return r;
}

bool terminal_readable(void)
{
	return us.front || (is_orphaned() && !us.foreign);
}

bool terminal_follow(bool continued)
{
	bool before = us.front;

	if (!us.tty)
		return false;
	us.front = in_front();
	/* The shell has the terminal, or had it meanwhile, and has set its own modes. */
	if (us.kept->raw && (!us.front || (continued && !looks_raw())))
		set_raw(false);
	if (us.front && us.wanted > 0)
		take();
	return us.front && (!before || continued);
}

bool terminal_away(void)
{
	terminal_follow(false);
	return !terminal_readable();
}

int terminal_wait_ms(int ms)
{
	if (!us.tty || terminal_readable())
		return ms;
	return ms < 0 || ms > FOLLOW_MS ? FOLLOW_MS : ms;
}

bool terminal_held(int fd)
{
	pid_t group = tcgetpgrp(fd);
	struct termios now;

	return group >= 0 && group != getpgrp() && !us.unstoppable && tcgetattr(fd, &now) == 0 &&
	       (now.c_lflag & TOSTOP);
}

void terminal_stop(int signal)
{
	give_back();
	us.unstoppable = !signals_stop(signal);
}

void terminal_keep(void)
{
	if (us.kept->raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &us.kept->modes);
}

size_t terminal_keys(struct terminal *t, char *keys, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (!t->escape && keys[i] == ESCAPE) {
			t->escape = true;
		} else if (!t->escape) {
			keys[kept++] = keys[i];
		} else {
			t->escape = false;
			t->quit = t->quit || keys[i] == 'x';
			if (keys[i] == ESCAPE || keys[i] == 'a')
				keys[kept++] = ESCAPE;
		}
	}
	return kept;
}

int terminal_size(unsigned short *ret_rows, unsigned short *ret_columns)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
		return -ENOTTY;
	*ret_rows = size.ws_row;
	*ret_columns = size.ws_col;
	return 0;
}
