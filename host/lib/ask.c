/* SPDX-License-Identifier: MIT */
/* ask.c - a question to the user at the terminal */
#include "host/lib/ask.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <strings.h>

#include "host/lib/harmless.h"
#include "host/lib/progress.h"

int ask_yes(const char *question)
{
	char answer[16], line[PATH_MAX + 128];
	sigset_t none, before;
	ssize_t n;

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return -ENOTTY;
	progress_end();
	snprintf(line, sizeof(line), "storeboot: %s [y/N] ", question);
	harmless_line(line);
	fputs(line, stderr);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, &before);
	n = read(STDIN_FILENO, answer, sizeof(answer) - 1);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (n <= 0)
		return 0;
	answer[n] = '\0';
	if (answer[n - 1] == '\n')
		answer[n - 1] = '\0';
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}
