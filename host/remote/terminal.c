/* SPDX-License-Identifier: MIT */
/* terminal.c - the user's terminal while its keys are the guest's */
#include "host/remote/terminal.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ESCAPE 0x01 /* Ctrl-a, as QEMU's own console has it */

void terminal_look(struct terminal *t)
{
	*t = (struct terminal){ 0 };
	t->there = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
		   tcgetattr(STDIN_FILENO, &t->modes) == 0;
}

bool terminal_raw(struct terminal *t)
{
	struct termios raw = t->modes;

	if (!t->there)
		return false;
	cfmakeraw(&raw);
	t->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
	return t->raw;
}

void terminal_restore(struct terminal *t)
{
	if (!t->raw)
		return;
	t->raw = false;
	/* TCSADRAIN would wait for a terminal that is stopped. */
	tcsetattr(STDIN_FILENO, TCSANOW, &t->modes);
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
