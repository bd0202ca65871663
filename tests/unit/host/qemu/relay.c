/* SPDX-License-Identifier: MIT */
/* relay.c - tests of one connection of the guest's to a port of this host, with real sockets at
 * both ends */
#include "host/lib/slot.h"
#include "host/qemu/relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/lib/macro.h"
#include "tests/lib/test.h"

#define LIMIT 60	  /* seconds for one test; the alarm then ends it all */
#define LARGE (48u << 20) /* more than all buffers on the way: those of our ends, */
#define BUFFER \
	(256 << 10) /* and the relay's own, which the kernel lets grow (tcp(7), tcp_rmem and \
		       tcp_wmem) */
#define IDLE_US 300000

struct run {
	int guest, host; /* the far ends */
	pid_t relay;
};

static void limit(int fd)
{
	const int size = BUFFER;

	CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == 0);
}

/* What it accepts has its buffers. */
static int listener(uint16_t *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	limit(fd);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0 && listen(fd, 1) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

/* As libslirp makes the pair (misc.c, slirp_socketpair_with_oob): TCP over the loopback. */
static void tcp_pair(int pair[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint16_t port;
	int l = listener(&port);

	a.sin_port = htons(port);
	pair[0] = socket(AF_INET, SOCK_STREAM, 0);
	limit(pair[0]);
	CHECK(connect(pair[0], (struct sockaddr *)&a, sizeof(a)) == 0);
	pair[1] = accept(l, NULL, NULL);
	CHECK(pair[1] >= 0);
	close(l);
}

/* listening: the server's socket, -1 where there is none. */
static void start(struct run *run, int listening, uint16_t port)
{
	char text[8], name[] = "relay", address[] = "127.0.0.1";
	char *argv[] = { name, address, text, NULL };
	int pair[2];

	snprintf(text, sizeof(text), "%u", port);
	tcp_pair(pair);
	fflush(stdout);
	alarm(LIMIT);
	run->relay = fork();
	if (run->relay == 0) {
		alarm(LIMIT);
		dup2(pair[1], STDIN_FILENO);
		close(pair[0]);
		close(pair[1]);
		close(listening);
		_exit(cmd_relay(3, argv));
	}
	close(pair[1]);
	run->guest = pair[0];
	run->host = listening >= 0 ? accept(listening, NULL, NULL) : -1;
}

static void connected(struct run *run)
{
	uint16_t port;
	int l = listener(&port);

	start(run, l, port);
	CHECK(run->host >= 0);
	close(l);
}

/* Waits for the relay's end: its exit status. */
static int ended(struct run *run, struct rusage *usage)
{
	int status = -1;

	if (!test_ok) /* it may wait for what will not come */
		kill(run->relay, SIGKILL);
	CHECK_INT(wait4(run->relay, &status, 0, usage), run->relay);
	alarm(0);
	close(run->guest);
	close(run->host);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -status;
}

static void say(int fd, const char *text)
{
	CHECK_INT(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* What comes until the other side has ended; "broken" where it ended by a reset. */
static const char *heard(int fd)
{
	static char text[64];
	size_t n = 0;
	ssize_t r;

	while ((r = recv(fd, text + n, sizeof(text) - 1 - n, 0)) > 0)
		n += (size_t)r;
	text[n] = '\0';
	return r < 0 ? "broken" : text;
}

static void hears(int fd, const char *want)
{
	char text[64];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	CHECK_STR(text, want);
}

static void reset(int *fd)
{
	const struct linger at_once = { 1, 0 };

	CHECK(setsockopt(*fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0);
	close(*fd);
	*fd = -1;
}

/* One side ends, which the other is told, and still hears what that one says later. Nothing turns
 * meanwhile. */
static void half_closed(bool by_guest)
{
	struct rusage usage;
	struct run run;
	int first, second;

	connected(&run);
	first = by_guest ? run.guest : run.host;
	second = by_guest ? run.host : run.guest;
	say(first, "first");
	hears(second, "first");
	say(second, "second");
	hears(first, "second");
	say(first, "last words");
	CHECK(shutdown(first, SHUT_WR) == 0);
	CHECK_STR(heard(second), "last words");
	usleep(IDLE_US);
	say(second, "an answer");
	hears(first, "an answer");
	say(second, ", and its end");
	CHECK(shutdown(second, SHUT_WR) == 0);
	CHECK_STR(heard(first), ", and its end");
	CHECK_INT(ended(&run, &usage), RELAY_ENDED);
	CHECK(usage.ru_utime.tv_sec * 1000000L + usage.ru_utime.tv_usec +
		      usage.ru_stime.tv_sec * 1000000L + usage.ru_stime.tv_usec <
	      IDLE_US / 2);
}

static void the_guest_ends_first(void)
{
	half_closed(true);
}

static void the_host_ends_first(void)
{
	half_closed(false);
}

static void nobody_listens(void)
{
	uint16_t port;
	struct run run;

	close(listener(&port));
	start(&run, -1, port);
	CHECK_STR(heard(run.guest), "");
	CHECK_INT(ended(&run, NULL), RELAY_REFUSED);
}

static void what_is_no_place(void)
{
	char name[] = "relay", address[] = "localhost", port[] = "80";
	char *argv[] = { name, address, port, NULL };

	CHECK_INT(cmd_relay(3, argv), RELAY_WRONG);
	CHECK_INT(cmd_relay(2, argv), RELAY_WRONG);
}

static void no_more_than_the_slots(void)
{
	char folder[] = "/tmp/storeboot-relay.XXXXXX", prefix[64], path[80];
	char name[] = "relay", address[] = "127.0.0.1", port[] = "1";
	char *argv[] = { name, address, port, prefix, NULL };

	CHECK(mkdtemp(folder));
	snprintf(prefix, sizeof(prefix), "%s/relay", folder);
	for (int i = 0; i < RELAYS_MAX; i++)
		CHECK(slot_take(prefix, RELAYS_MAX) >= 0);
	CHECK_INT(slot_take(prefix, RELAYS_MAX), -EBUSY);
	CHECK_INT(cmd_relay(4, argv), RELAY_FULL);
	for (int i = 0; i < RELAYS_MAX; i++) {
		snprintf(path, sizeof(path), "%s.slot%d", prefix, i);
		CHECK_INT(unlink(path), 0);
	}
	CHECK_INT(rmdir(folder), 0);
}

static unsigned char byte_at(size_t i, unsigned char seed)
{
	return (unsigned char)(seed + i + (i >> 8) * 7 + (i >> 16) * 13);
}

/* Sends what there is room for, of LARGE bytes; returns how many are sent by now. */
static size_t pour(int fd, size_t at, unsigned char seed)
{
	unsigned char buf[1 << 15];
	size_t n = LARGE - at < sizeof(buf) ? LARGE - at : sizeof(buf);
	ssize_t r;

	for (size_t i = 0; i < n; i++)
		buf[i] = byte_at(at + i, seed);
	r = n > 0 ? send(fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
	CHECK(r >= 0 || errno == EAGAIN);
	at += r > 0 ? (size_t)r : 0;
	if (r > 0 && at == LARGE)
		CHECK(shutdown(fd, SHUT_WR) == 0);
	return at;
}

/* Takes what there is; returns how many bytes have come as they should by now, LARGE + 1 behind the
 * end. */
static size_t drink(int fd, size_t at, unsigned char seed)
{
	unsigned char buf[1 << 15];
	ssize_t r = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

	CHECK(r >= 0 || errno == EAGAIN);
	for (ssize_t i = 0; i < r; i++)
		if (buf[i] != byte_at(at++, seed))
			CHECK(!"the bytes that were sent");
	return r == 0 && at == LARGE ? LARGE + 1 : at;
}

/* Fills one way until nothing more goes, and for a moment after that. */
static size_t fill(int fd, unsigned char seed)
{
	struct pollfd p = { fd, POLLOUT, 0 };
	size_t at = 0;

	while (at < LARGE && poll(&p, 1, 500) == 1)
		at = pour(fd, at, seed);
	return at;
}

/* Both ways are full before anybody listens. */
static void much_both_ways(void)
{
	struct run run;
	size_t up, down, up_come = 0, down_come = 0;

	connected(&run);
	up = fill(run.guest, 1);
	down = fill(run.host, 2);
	CHECK(up > 0 && up < LARGE && down > 0 && down < LARGE);
	while (test_ok && (up_come <= LARGE || down_come <= LARGE)) {
		struct pollfd p[] = {
			{ run.guest, (short)(POLLIN | (up < LARGE ? POLLOUT : 0)), 0 },
			{ run.host, (short)(POLLIN | (down < LARGE ? POLLOUT : 0)), 0 }
		};

		CHECK(poll(p, 2, LIMIT * 1000) > 0);
		up = up < LARGE && (p[0].revents & POLLOUT) ? pour(run.guest, up, 1) : up;
		down = down < LARGE && (p[1].revents & POLLOUT) ? pour(run.host, down, 2) : down;
		up_come = up_come <= LARGE && (p[1].revents & POLLIN) ?
				  drink(run.host, up_come, 1) :
				  up_come;
		down_come = down_come <= LARGE && (p[0].revents & POLLIN) ?
				    drink(run.guest, down_come, 2) :
				    down_come;
	}
	CHECK_INT(ended(&run, NULL), RELAY_ENDED);
}

/* A server that does not read, and speaks all the same. */
static void one_way_full(void)
{
	struct run run;
	size_t said = 0, come = 0;

	connected(&run);
	CHECK(fill(run.guest, 1) < LARGE);
	while (test_ok && come <= LARGE) {
		said = said < LARGE ? pour(run.host, said, 2) : said;
		come = drink(run.guest, come, 2);
	}
	reset(&run.host);
	CHECK_INT(ended(&run, NULL), RELAY_CUT);
}

/* With nothing on its way, with what the host does not take, and where the host speaks to nobody.
 */
static void the_guest_is_gone(void)
{
	struct run run;

	connected(&run);
	reset(&run.guest);
	CHECK_STR(heard(run.host), "");
	CHECK_INT(ended(&run, NULL), RELAY_CUT);

	connected(&run);
	CHECK(fill(run.guest, 1) < LARGE);
	reset(&run.guest);
	CHECK_INT(ended(&run, NULL), RELAY_CUT);

	connected(&run);
	close(run.guest);
	run.guest = -1;
	CHECK_STR(heard(run.host), "");
	say(run.host, "is there anybody?");
	usleep(IDLE_US);
	(void)send(run.host, "?", 1, MSG_NOSIGNAL);
	CHECK_INT(ended(&run, NULL), RELAY_CUT);
}

static void the_host_is_gone(void)
{
	struct run run;

	connected(&run);
	reset(&run.host);
	CHECK_STR(heard(run.guest), "");
	CHECK_INT(ended(&run, NULL), RELAY_CUT);

	connected(&run);
	CHECK(fill(run.guest, 1) < LARGE);
	reset(&run.host);
	CHECK_STR(heard(run.guest), "broken"); /* what it sent was taken by nobody */
	CHECK_INT(ended(&run, NULL), RELAY_CUT);
}

int main(void)
{
	RUN(the_guest_ends_first);
	RUN(the_host_ends_first);
	RUN(nobody_listens);
	RUN(what_is_no_place);
	RUN(no_more_than_the_slots);
	RUN(much_both_ways);
	RUN(one_way_full);
	RUN(the_guest_is_gone);
	RUN(the_host_is_gone);
	TEST_END();
}
