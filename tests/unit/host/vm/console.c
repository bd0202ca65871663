/* SPDX-License-Identifier: MIT */
/* console.c - tests of what becomes of the guest's last words */
#include "host/vm/console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/lib/macro.h"
#include "tests/lib/test.h"

/* QEMU has ended; its end of the console's socket holds more than the pipe on stdout takes. */
static void close_it(struct console *c, int stdout_fd)
{
	static char text[100000];
	const int size = 4 * sizeof(text);
	int ends[2], own = dup(STDOUT_FILENO);

	fflush(stdout);
	memset(text, 'x', sizeof(text));
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	CHECK(setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
	CHECK_INT(send(ends[1], text, sizeof(text), MSG_DONTWAIT), (ssize_t)sizeof(text));
	close(ends[1]);
	*c = (struct console){ .fd = ends[0] };
	CHECK(dup2(stdout_fd, STDOUT_FILENO) == STDOUT_FILENO);
	console_close(c);
	CHECK(dup2(own, STDOUT_FILENO) == STDOUT_FILENO);
	close(own);
}

static void nobody_reads(void)
{
	struct console c;
	int ends[2];

	CHECK(pipe(ends) == 0);
	close_it(&c, ends[1]);
	CHECK_INT(c.out_error, ETIMEDOUT);
	close(ends[0]);
	close(ends[1]);
}

static void all_is_taken(void)
{
	struct console c;
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	close_it(&c, fd);
	CHECK_INT(c.out_error, 0);
	CHECK_INT(c.tail_len, CONSOLE_TAIL - 1);
	close(fd);
}

int main(void)
{
	RUN(nobody_reads);
	RUN(all_is_taken);
	TEST_END();
}
