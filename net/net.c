/* SPDX-License-Identifier: MIT */
/* net.c - rtnetlink(7): link, address, route */
#include "net/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/lib/sys.h"
#include "net/netlink.h"

/*
 * Theory of operation: each change is one request with NLM_F_ACK and its acknowledgement. To wait
 * for a device, subscribe to link changes first, then list the devices: a device that appears in
 * between is reported twice, but never missed. The wait has its own socket, so that no notification
 * comes between a request and its acknowledgement.
 */

/* The kernel writes no more than the buffer takes, and the message of a device is below 2 KiB
 * (netlink(7) recommends 8 KiB or more for any page size). */
#define RECEIVE_SIZE 16384

static int open_socket(uint32_t groups, struct err *e)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = groups };
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int on = 1;

	if (fd < 0)
		return err_sys(e, errno, "cannot open a NETLINK_ROUTE socket");
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_sys(e, errno, "cannot bind a NETLINK_ROUTE socket");
	/* Optional: error messages (Linux 4.12) and short acknowledgements (4.3, netlink(7)). */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return take_fd(&fd);
}

int net_open(struct err *e)
{
	return open_socket(0, e);
}

static uint32_t next_seq(void)
{
	static uint32_t seq;

	return ++seq;
}

static int send_request(int nl, const struct netlink_request *q)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t n;

	if (q->error < 0)
		return q->error;
	do
		n = sendto(nl, q->data, q->len, 0, (struct sockaddr *)&kernel, sizeof(kernel));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* Receives a datagram from the kernel. Returns its length, -EAGAIN (flags MSG_DONTWAIT), -EMSGSIZE
 * if it was truncated, or -errno. */
static int receive(int nl, void *data, size_t size, int flags)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { data, size };
	struct msghdr msg = { .msg_name = &from, .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	do {
		msg.msg_namelen = sizeof(from);
		n = recvmsg(nl, &msg, flags);
		/* Any process may send to this socket; the kernel sends from port 0. */
	} while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid != 0));
	if (n < 0)
		return -errno;
	return msg.msg_flags & MSG_TRUNC ? -EMSGSIZE : (int)n;
}

/* Waits for the acknowledgement of request seq. Returns 0 or the kernel's -errno, with its message
 * in text. */
static int acknowledged(int nl, uint32_t seq, char *text, size_t text_size)
{
	unsigned char data[RECEIVE_SIZE];
	struct netlink_message m;
	int r, error;

	text[0] = '\0';
	for (;;) {
		size_t offset = 0;
		int n = receive(nl, data, sizeof(data), 0);

		if (n < 0)
			return n;
		while ((r = netlink_next(data, (size_t)n, &offset, &m)) == 1) {
			if (m.head.nlmsg_seq != seq || m.head.nlmsg_type != NLMSG_ERROR)
				continue;
			r = netlink_outcome(&m, &error, text, text_size);
			return r < 0 ? r : error;
		}
		if (r < 0)
			return r;
	}
}

/* Sends the request and waits for its outcome. what: for the error message, "bring eth0 up". */
static int transact(int nl, const struct netlink_request *q, const char *what, struct err *e)
{
	struct nlmsghdr head;
	char text[160];
	int r = send_request(nl, q);

	if (r < 0)
		return err_sys(e, r, "cannot %s: sending to rtnetlink failed", what);
	memcpy(&head, q->data, sizeof(head));
	r = acknowledged(nl, head.nlmsg_seq, text, sizeof(text));
	if (r < 0 && text[0])
		return err_sys(e, r, "cannot %s: %s", what, text);
	if (r < 0)
		return err_sys(e, r, "cannot %s", what);
	return 0;
}

/* A device's name for messages. */
static const char *link_name(int index, char dst[IF_NAMESIZE])
{
	if (index < 0 || !if_indextoname((unsigned int)index, dst))
		snprintf(dst, IF_NAMESIZE, "device %d", index);
	return dst;
}

/* --- waiting for a device --- */

struct wait {
	int nl;
	uint32_t dump_seq; /* of the current list; 0: none */
	struct netlink_link found;
	bool have;
	char seen[128]; /* names of other devices, for the error message */
};

static int request_list(struct wait *w)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	/* Leave out the counters: drivers are then not asked for theirs (Linux 4.4). */
	uint32_t mask = RTEXT_FILTER_SKIP_STATS;
	struct netlink_request q;

	w->dump_seq = next_seq();
	netlink_begin(&q, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, w->dump_seq, &info,
		      sizeof(info));
	netlink_put(&q, IFLA_EXT_MASK, &mask, sizeof(mask));
	return send_request(w->nl, &q);
}

static void note_seen(struct wait *w, const char *name)
{
	size_t n = strlen(w->seen);

	if (!strstr(w->seen, name))
		snprintf(w->seen + n, sizeof(w->seen) - n, "%s%s", n ? " " : "", name);
}

/* Handles one message. Keeps the device with the lowest index: the order of the list is not
 * defined. */
static int take_message(struct wait *w, const struct netlink_message *m)
{
	struct netlink_link link;
	char text[160];
	int r, error;

	if (w->dump_seq != 0 && m->head.nlmsg_seq == w->dump_seq &&
	    (m->head.nlmsg_type == NLMSG_DONE || m->head.nlmsg_type == NLMSG_ERROR)) {
		w->dump_seq = 0;
		r = netlink_outcome(m, &error, text, sizeof(text));
		return r < 0 ? r : error;
	}
	if (m->head.nlmsg_type != RTM_NEWLINK)
		return 0;
	r = netlink_link(m, &link);
	if (r < 0)
		return r;
	if (link.hardware != ARPHRD_ETHER) {
		note_seen(w, link.name);
	} else if (!w->have || link.index < w->found.index) {
		w->found = link;
		w->have = true;
	}
	return 0;
}

/* Waits for one datagram and handles it. Returns 0, -ETIMEDOUT or -errno. */
static int take_datagram(struct wait *w, uint64_t deadline_us)
{
	unsigned char data[RECEIVE_SIZE];
	struct pollfd p = { w->nl, POLLIN, 0 };
	struct netlink_message m;
	size_t offset = 0;
	int n, r;

	r = poll(&p, 1, sys_left_ms(deadline_us));
	if (r == 0)
		return -ETIMEDOUT;
	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	n = receive(w->nl, data, sizeof(data), MSG_DONTWAIT);
	if (n == -EAGAIN)
		return 0;
	/* Notifications were lost (netlink(7), ENOBUFS): list again. */
	if (n == -ENOBUFS)
		return request_list(w);
	if (n < 0)
		return n;
	while ((r = netlink_next(data, (size_t)n, &offset, &m)) == 1) {
		r = take_message(w, &m);
		if (r < 0)
			return r;
	}
	return r;
}

int net_link_wait_ethernet(unsigned int deadline_ms, int *ret_index, char ret_name[IF_NAMESIZE],
			   struct err *e)
{
	uint64_t deadline = sys_now_us() + (uint64_t)deadline_ms * 1000;
	_cleanup_close_ int nl = open_socket(RTMGRP_LINK, e);
	struct wait w = { .nl = nl };
	int r;

	if (nl < 0)
		return nl;
	r = request_list(&w);
	/* Read the list to its end: a lower index may follow. */
	while (r == 0 && (!w.have || w.dump_seq != 0))
		r = take_datagram(&w, deadline);
	if (r == -ETIMEDOUT)
		return err_set(e, ENODEV,
			       "no Ethernet device appeared within %u.%u s (seen: %s); does the "
			       "machine have a NIC, and does the initrd carry its module?",
			       deadline_ms / 1000, deadline_ms % 1000 / 100,
			       w.seen[0] ? w.seen : "none");
	if (r < 0)
		return err_sys(e, r, "cannot list the network devices");
	*ret_index = w.found.index;
	memcpy(ret_name, w.found.name, IF_NAMESIZE);
	return 0;
}

/* --- requests --- */

int net_link_index(int nl, const char *name, int *ret_index, struct err *e)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	uint32_t mask = RTEXT_FILTER_SKIP_STATS;
	unsigned char data[RECEIVE_SIZE];
	struct netlink_message m;
	struct netlink_link link;
	struct netlink_request q;
	uint32_t seq = next_seq();
	size_t offset = 0;
	char text[160];
	int r, n, error = -EBADMSG;

	if (strlen(name) >= IF_NAMESIZE)
		return err_set(e, ENODEV, "no network device %s: a name has at most %d characters",
			       name, IF_NAMESIZE - 1);
	/* Without NLM_F_ACK the answer is one message: the device or the error. */
	netlink_begin(&q, RTM_GETLINK, NLM_F_REQUEST, seq, &info, sizeof(info));
	netlink_put(&q, IFLA_IFNAME, name, strlen(name) + 1);
	netlink_put(&q, IFLA_EXT_MASK, &mask, sizeof(mask));
	r = send_request(nl, &q);
	if (r < 0)
		return err_sys(e, r, "cannot ask for network device %s", name);
	n = receive(nl, data, sizeof(data), 0);
	if (n < 0)
		return err_sys(e, n, "cannot ask for network device %s", name);
	if (netlink_next(data, (size_t)n, &offset, &m) != 1 || m.head.nlmsg_seq != seq)
		return err_sys(e, EBADMSG, "cannot ask for network device %s", name);
	if (netlink_link(&m, &link) == 0) {
		*ret_index = link.index;
		return 0;
	}
	r = netlink_outcome(&m, &error, text, sizeof(text));
	return err_sys(e, r < 0 || error == 0 ? -EBADMSG : error, "no network device %s", name);
}

int net_link_up(int nl, int index, struct err *e)
{
	struct ifinfomsg info = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = index,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP,
	};
	struct netlink_request q;
	char name[IF_NAMESIZE], what[64];

	netlink_begin(&q, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, next_seq(), &info, sizeof(info));
	snprintf(what, sizeof(what), "bring %s up", link_name(index, name));
	return transact(nl, &q, what, e);
}

/* transact, for a request with NLM_F_EXCL: EEXIST is success. */
static int transact_add(int nl, const struct netlink_request *q, const char *what, struct err *e)
{
	struct err scratch;
	int r = transact(nl, q, what, &scratch);

	if (r == 0 || r == -EEXIST)
		return 0;
	*e = scratch;
	return r;
}

int net_address_add(int nl, int index, struct in_addr address, unsigned int prefix, struct err *e)
{
	struct ifaddrmsg ifa = {
		.ifa_family = AF_INET,
		.ifa_prefixlen = (uint8_t)prefix,
		.ifa_scope = RT_SCOPE_UNIVERSE,
		.ifa_index = (uint32_t)index,
	};
	uint32_t host_bits = prefix < 32 ? UINT32_MAX >> prefix : 0;
	uint32_t broadcast = address.s_addr | htonl(host_bits);
	char name[IF_NAMESIZE], text[INET_ADDRSTRLEN], what[96];
	struct netlink_request q;

	inet_ntop(AF_INET, &address, text, sizeof(text));
	snprintf(what, sizeof(what), "give %s the address %s/%u", link_name(index, name), text,
		 prefix);
	if (prefix > 32)
		return err_sys(e, EINVAL, "cannot %s", what);
	netlink_begin(&q, RTM_NEWADDR, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
		      next_seq(), &ifa, sizeof(ifa));
	netlink_put(&q, IFA_LOCAL, &address, sizeof(address));
	netlink_put(&q, IFA_ADDRESS, &address, sizeof(address));
	if (prefix < 31) /* RFC 3021: a /31 has no broadcast address */
		netlink_put(&q, IFA_BROADCAST, &broadcast, sizeof(broadcast));
	return transact_add(nl, &q, what, e);
}

int net_route_default(int nl, int index, struct in_addr gateway, struct err *e)
{
	struct rtmsg rt = {
		.rtm_family = AF_INET,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};
	char name[IF_NAMESIZE], text[INET_ADDRSTRLEN], what[96];
	struct netlink_request q;
	uint32_t oif = (uint32_t)index;

	inet_ntop(AF_INET, &gateway, text, sizeof(text));
	snprintf(what, sizeof(what), "set the default route by %s on %s", text,
		 link_name(index, name));
	netlink_begin(&q, RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
		      next_seq(), &rt, sizeof(rt));
	netlink_put(&q, RTA_GATEWAY, &gateway, sizeof(gateway));
	netlink_put(&q, RTA_OIF, &oif, sizeof(oif));
	return transact_add(nl, &q, what, e);
}
