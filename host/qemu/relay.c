/* SPDX-License-Identifier: MIT */
/*
 * relay.c - one connection from the guest to a port of this host
 *
 * Each direction has its own buffer and ends separately: when one side stops sending, the other
 * side is told and may continue to send. No write blocks, so neither side can hold up the other.
 */
#include "host/qemu/relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/lib/slot.h"
#include "init/lib/macro.h"

enum { GUEST, HOST, SIDES };

struct flow {
	int from, to;
	bool ended;
	size_t at, len;
	char buf[1 << 16];
};

static bool is_lasting(ssize_t n)
{
	return n < 0 && errno != EAGAIN && errno != EINTR;
}

/* Receives if the buffer is empty, and sends as much as possible. Returns false if a side is
 * broken. */
static bool move(struct flow *f)
{
	ssize_t n;

	if (f->len == 0 && !f->ended) {
		n = recv(f->from, f->buf, sizeof(f->buf), MSG_DONTWAIT);
		if (is_lasting(n))
			return false;
		f->ended = n == 0;
		f->at = 0;
		f->len = n > 0 ? (size_t)n : 0;
		if (f->ended && shutdown(f->to, SHUT_WR) < 0)
			return false;
	}
	if (f->len == 0)
		return true;
	n = send(f->to, f->buf + f->at, f->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (is_lasting(n))
		return false;
	f->at += n > 0 ? (size_t)n : 0;
	f->len -= n > 0 ? (size_t)n : 0;
	return true;
}

/*
 * Waits until a side can be read or written. flows: one for each sender. The guest is polled even
 * when there is nothing to transfer, to notice that it is gone; except when both its directions are
 * shut and the host has yet to take the last bytes, because poll would then return at once.
 */
static bool wait_for(const struct flow *flows)
{
	struct pollfd p[SIDES];

	for (int i = 0; i < SIDES; i++) {
		const struct flow *in = &flows[i], *out = &flows[!i];
		const bool reads = in->len == 0 && !in->ended;
		const bool looks =
			reads || out->len > 0 || (i == GUEST && (in->len == 0 || !out->ended));

		p[i] = (struct pollfd){
			looks ? in->from : -1,
			(short)((reads ? POLLIN : 0) | (out->len > 0 ? POLLOUT : 0)), 0
		};
	}
	if (poll(p, SIDES, -1) < 0)
		return errno == EINTR;
	/* Both directions of the guest's socket are shut: QEMU has closed it. */
	return !(p[GUEST].revents & (POLLHUP | POLLERR)) || (p[GUEST].revents & POLLIN);
}

static int relay(int host)
{
	static struct flow flows[SIDES];
	struct flow *to_host = &flows[GUEST], *to_guest = &flows[HOST];

	to_host->from = to_guest->to = STDIN_FILENO;
	to_host->to = to_guest->from = host;
	while (!to_host->ended || !to_guest->ended || to_host->len > 0 || to_guest->len > 0)
		if (!wait_for(flows) || !move(to_host) || !move(to_guest))
			return RELAY_CUT;
	return RELAY_ENDED;
}

int cmd_relay(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if ((argc != 3 && argc != 4) || inet_pton(AF_INET, argv[1], &a.sin_addr) != 1)
		return RELAY_WRONG;
	if (argc == 4 && slot_take(argv[3], RELAYS_MAX) < 0)
		return RELAY_FULL;
	a.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
	if (fd < 0 || connect(fd, (const struct sockaddr *)&a, sizeof(a)) < 0)
		return RELAY_REFUSED;
	return relay(fd);
}
