/* SPDX-License-Identifier: MIT */
/* command.c - fuzz target: frames from the guest to `exec` and `run -- COMMAND`; what is written to
 * a terminal that is not ours has passed the filter, and what waits stays within the credit */
#include "host/terminal/command.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes what the command writes to stdout and stderr. */
static int null = -1;

static void begin(struct command *c, int sock)
{
	static const struct buf none;

	if (null < 0)
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
	c->filtered = true;
	if (null < 0 || command_start(c, sock, &none, false) < 0)
		abort();
	c->stdin_open = false;
	c->stdout_.fd = c->stderr_.fd = null;
}

static void serve(struct command *c)
{
	struct pollfd fds[COMMAND_POLLS];

	command_polls(c, fds);
	for (size_t i = 0; i < COMMAND_POLLS; i++)
		if (fds[i].fd == STDOUT_FILENO || fds[i].fd == STDERR_FILENO)
			fds[i].fd = null;
	if (poll(fds, COMMAND_POLLS, 0) < 0)
		abort();
	command_serve(c, fds);
	if (c->stdout_.data.len > 2 * FRAME_WINDOW + ESCAPES_HELD ||
	    c->stderr_.data.len > 2 * FRAME_WINDOW + ESCAPES_HELD || c->credit > FRAME_WINDOW ||
	    c->status < 0 || c->status > 255 || c->signal < 0 || c->signal > 127)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command c = COMMAND_INIT;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		abort();
	begin(&c, ends[1]);
	for (size_t at = 0, piece = size ? data[0] % 64 + 1 : 1; at < size;
	     piece = piece * 3 % 4093) {
		size_t n = size - at < piece ? size - at : piece;

		if (send(ends[0], data + at, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			break;
		at += n;
		serve(&c);
	}
	serve(&c);
	close(ends[0]);
	while (c.state == COMMAND_RUNS)
		serve(&c);
	for (int i = 0; i < 1000 && !command_done(&c); i++)
		serve(&c);
	if (!command_done(&c))
		abort();
	command_close(&c);
	return 0;
}
