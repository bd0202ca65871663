/* SPDX-License-Identifier: MIT */
/*
 * uevent.c - wait for a device
 *
 * Theory of operation: the socket listens before the first look, so no event between the look and
 * the wait is lost. The content of an event is ignored; every event causes a new look. devtmpfs
 * makes a node before its event is sent (drivers/base/core.c, device_add). A disk that is not ready
 * answers ENXIO until its event (block/genhd.c, device_add_disk).
 */
#include "init/uevent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "init/lib/sys.h"

static int listen_uevents(void)
{
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
					NETLINK_KOBJECT_UEVENT);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return -errno;
	return take_fd(&fd);
}

/* Discards all pending events. ENOBUFS, an overflow, counts as an event. */
static int drain(int fd)
{
	char event[4096];

	while (recv(fd, event, sizeof(event), 0) >= 0 || errno == EINTR)
		;
	return errno == EAGAIN || errno == ENOBUFS ? 0 : -errno;
}

static bool not_yet(int num)
{
	return num == -ENOENT || num == -ENXIO || num == -ENODEV || num == -EINTR;
}

int uevent_wait(int (*look)(void *arg), void *arg, unsigned int deadline_ms)
{
	_cleanup_close_ int events = listen_uevents();
	uint64_t end = sys_now_us() + (uint64_t)deadline_ms * 1000;

	if (events < 0)
		return events;
	for (;;) {
		struct pollfd p = { .fd = events, .events = POLLIN };
		int r = look(arg);
		int left;

		if (!not_yet(r))
			return r;
		left = sys_left_ms(end);
		if (left == 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, left) < 0 && errno != EINTR)
			return -errno;
		r = drain(events);
		if (r < 0)
			return r;
	}
}

struct node {
	const char *path;
	int flags;
};

static int open_node(void *arg)
{
	const struct node *n = arg;
	int fd = open(n->path, n->flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int uevent_wait_open(const char *node, int flags, unsigned int deadline_ms)
{
	struct node n = { node, flags };

	return uevent_wait(open_node, &n, deadline_ms);
}
