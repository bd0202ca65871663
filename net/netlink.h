/* SPDX-License-Identifier: MIT */
/* netlink.h - netlink(7) messages: building requests, reading replies; pure functions of bytes */
#ifndef STOREBOOT_NET_NETLINK_H
#define STOREBOOT_NET_NETLINK_H

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/macro.h"

/* One request: the netlink header, the family's fixed header, attributes. */
struct netlink_request {
	_Alignas(struct nlmsghdr) unsigned char data[256];
	size_t len;
	int error; /* the first failure of a put; nothing is added after it */
};

/*
 * Begins a request with its family's fixed header (struct ifinfomsg, ...) of body_len bytes.
 * flags: NLM_F_*, as they are sent.
 */
void netlink_begin(struct netlink_request *q, uint16_t type, uint16_t flags, uint32_t seq,
		   const void *body, size_t body_len);

/* Appends an attribute; a request that would grow over its buffer gets error = -ENOBUFS. */
void netlink_put(struct netlink_request *q, uint16_t type, const void *data, size_t len);

/* A message within a received datagram. body is what follows the netlink header; it has no
 * alignment: read it by memcpy. */
struct netlink_message {
	struct nlmsghdr head;
	const unsigned char *body;
	size_t body_len;
};

/*
 * Takes the message at *offset of a datagram and moves *offset behind it. Returns 1 with the
 * message, 0 at the end of the datagram, -EBADMSG on bytes that are no message.
 */
_must_check_ int netlink_next(const void *data, size_t len, size_t *offset,
			      struct netlink_message *ret);

/* An attribute within bytes: same rules and returns as netlink_next. type has no NLA_F_* bits. */
struct netlink_attribute {
	uint16_t type;
	const unsigned char *data;
	size_t len;
};

_must_check_ int netlink_next_attribute(const void *data, size_t len, size_t *offset,
					struct netlink_attribute *ret);

/*
 * The outcome that an NLMSG_ERROR (acknowledgement) or NLMSG_DONE message carries: *ret_error is 0
 * or -errno, text the kernel's own words (extended acknowledgement) or "". Returns 0 or -EBADMSG,
 * also for a message of another type.
 */
_must_check_ int netlink_outcome(const struct netlink_message *m, int *ret_error, char *text,
				 size_t text_size);

/* What an RTM_NEWLINK message tells of a device. */
struct netlink_link {
	int index;
	unsigned short hardware; /* ARPHRD_* */
	unsigned int flags;	 /* IFF_* */
	char name[IF_NAMESIZE];	 /* "" where the message has none */
};

/* Returns 0, or -EBADMSG when the message is no whole RTM_NEWLINK. */
_must_check_ int netlink_link(const struct netlink_message *m, struct netlink_link *ret);

#endif
