/* SPDX-License-Identifier: MIT */
/* connection.c - tests of the agent's connections to programs of the guest */
#include <netinet/in.h>
#include <signal.h>

#include "tests/lib/agent.h"

/* A program of the guest that listens; ret: its port. family: AF_INET or AF_INET6. */
static int listen_on(int family, unsigned short *ret)
{
	union {
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a = { .v6 = { .sin6_addr = IN6ADDR_LOOPBACK_INIT } };
	socklen_t len = family == AF_INET ? sizeof(a.v4) : sizeof(a.v6);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (family == AF_INET)
		a.v4 = (struct sockaddr_in){ .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	a.v4.sin_family = (sa_family_t)family;
	if (bind(fd, (struct sockaddr *)&a, len) < 0 || listen(fd, 4) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0) {
		close(fd);
		return -1;
	}
	*ret = ntohs(a.v4.sin_port);
	return fd;
}

static void open_port(struct host *h, uint16_t session, unsigned short port)
{
	const struct request r = { .port = port };
	_cleanup_buf_ struct buf b = { 0 };

	CHECK_INT(request_format(&r, &b), 0);
	put(h, FRAME_OPEN, session, b.data, b.len);
	put_credit(h, session, FRAME_OUT, FRAME_WINDOW);
}

/* Connects; returns the program's end. */
static int connected(struct host *h, uint16_t session, int listener, unsigned short port)
{
	struct pollfd p = { listener, POLLIN, 0 };

	open_port(h, session, port);
	CHECK_INT(next(h), FRAME_CREDIT);
	CHECK_INT(poll(&p, 1, WAIT_MS), 1);
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

/* Each side ends its own direction, and the other one goes on. */
static void a_connection_ends_each_way_alone(void)
{
	unsigned short port;
	int listener = listen_on(AF_INET, &port), fd;
	char data[16];
	struct host h;
	struct said s;

	CHECK(listener >= 0);
	start(&h, FRAME_AT_COMMAND);
	next(&h);
	fd = connected(&h, 1, listener, port);
	put(&h, FRAME_IN, 1, "to the guest", 12);
	put(&h, FRAME_IN_END, 1, NULL, 0);
	CHECK_INT(recv(fd, data, sizeof(data), MSG_WAITALL), 12);
	CHECK_INT(send(fd, "from it", 7, MSG_NOSIGNAL), 7);
	close(fd);
	gather(&h, &s);
	CHECK_INT(s.kind, FRAME_EXIT);
	CHECK_INT(s.status, 0);
	CHECK_STR(s.out.data, "from it");
	said_free(&s);

	fd = connected(&h, 2, listener, port);
	shutdown(fd, SHUT_WR);
	CHECK_INT(next(&h), FRAME_OUT);
	CHECK_INT(h.frame.len, 0);
	put(&h, FRAME_IN, 2, "still", 5);
	CHECK_INT(recv(fd, data, 5, MSG_WAITALL), 5);
	put(&h, FRAME_IN_END, 2, NULL, 0);
	gather(&h, &s);
	CHECK_INT(s.kind, FRAME_EXIT);
	CHECK_INT(recv(fd, data, 1, 0), 0);
	said_free(&s);
	close(fd);

	/* The host hangs up. */
	fd = connected(&h, 3, listener, port);
	put(&h, FRAME_HANGUP, 3, NULL, 0);
	CHECK_INT(recv(fd, data, 1, 0), 0);
	close(fd);
	close(listener);
	CHECK_INT(finish(&h), AGENT_LOST);
}

/* A program that does not read gets no more than the window, and one that says much waits for
 * credit. */
static void a_connection_has_credit(void)
{
	_cleanup_free_ char *much = calloc(1, 2 * FRAME_WINDOW);
	unsigned short port;
	int listener = listen_on(AF_INET, &port), fd;
	size_t granted = 0, out = 0;
	struct host h;

	start(&h, FRAME_AT_COMMAND);
	next(&h);
	fd = connected(&h, 1, listener, port);
	CHECK_INT(send(fd, much, 2 * FRAME_WINDOW, MSG_NOSIGNAL | MSG_DONTWAIT) > 0, 1);
	while (out < FRAME_WINDOW && next(&h) == FRAME_OUT)
		out += h.frame.len;
	CHECK_INT(out, FRAME_WINDOW);
	/* Nothing follows without credit: the next frame answers this. */
	for (size_t i = 0; i < FRAME_WINDOW / FRAME_DATA_MAX; i++)
		put(&h, FRAME_IN, 1, much, FRAME_DATA_MAX);
	while (granted < FRAME_WINDOW && next(&h) == FRAME_CREDIT)
		granted += (size_t)frame_number(&h.frame, 1, 4);
	CHECK(granted > 0);
	close(fd);
	close(listener);
	CHECK_INT(finish(&h), AGENT_LOST);
}

static void a_connection_that_fails(void)
{
	const struct linger at_once = { .l_onoff = 1 };
	char text[FRAME_TEXT_MAX + 1];
	unsigned short port;
	int listener, fd;
	struct host h;

	start(&h, FRAME_AT_COMMAND); /* it must not inherit the listener */
	next(&h);
	listener = listen_on(AF_INET, &port);
	fd = connected(&h, 1, listener, port);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd); /* a reset */
	CHECK_INT(next(&h), FRAME_REFUSED);
	CHECK_INT(frame_number(&h.frame, 0, 4), 125);
	frame_text(&h.frame, text, sizeof(text));
	CHECK_STR(text, "the guest's loopback: Connection reset by peer");
	close(listener);
	open_port(&h, 2, port);
	CHECK_INT(next(&h), FRAME_REFUSED);
	CHECK_INT(frame_number(&h.frame, 0, 4), 127);
	frame_text(&h.frame, text, sizeof(text));
	CHECK_STR(text, "the guest's loopback: Connection refused");
	/* A signal to a connection reaches no process. */
	listener = listen_on(AF_INET6, &port);
	if (listener >= 0) { /* some containers have no IPv6 */
		fd = connected(&h, 3, listener, port);
		put(&h, FRAME_SIGNAL, 3, &(const char){ SIGKILL }, 1);
		CHECK_INT(send(fd, "x", 1, MSG_NOSIGNAL), 1);
		CHECK_INT(next(&h), FRAME_OUT);
		close(fd);
		close(listener);
	}
	CHECK_INT(finish(&h), AGENT_LOST);
}

int main(void)
{
	RUN(a_connection_ends_each_way_alone);
	RUN(a_connection_has_credit);
	RUN(a_connection_that_fails);
	TEST_END();
}
