/* SPDX-License-Identifier: MIT */
/* dial.c - a TCP connection to a program in the guest */
#include "init/agent/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

/* On the loopback interface a connection is made or refused at once, unless the program has too
 * many waiting. The agent serves nobody else meanwhile. */
#define WAIT_MS 100

static int dial_address(const struct sockaddr *address, socklen_t size)
{
	_cleanup_close_ int fd =
		socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd p = { fd, POLLOUT, 0 };
	socklen_t len = sizeof(int);
	int on = 1, err = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, address, size) < 0)
		err = errno;
	if (err == EINPROGRESS) {
		poll(&p, 1, WAIT_MS);
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
			err = errno;
	}
	if (err)
		return -err;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return take_fd(&fd);
}

int dial(unsigned short port)
{
	const struct sockaddr_in v4 = { .sin_family = AF_INET,
					.sin_port = htons(port),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
					 .sin6_port = htons(port),
					 .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int r = dial_address((const struct sockaddr *)&v4, sizeof(v4)), fd;

	if (r >= 0)
		return r;
	fd = dial_address((const struct sockaddr *)&v6, sizeof(v6));
	return fd < 0 ? r : fd;
}
