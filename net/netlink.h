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
	int error; /* the first error; nothing is added after it */
};

/* Begins a request: the netlink header, with NLM_F_* in flags, and the family's fixed header of
 * body_len bytes (struct ifinfomsg, ...). */
void netlink_begin(struct netlink_request *q, uint16_t type, uint16_t flags, uint32_t seq,
		   const void *body, size_t body_len);

/* Appends an attribute. If the buffer is too small, sets error to -ENOBUFS. */
void netlink_put(struct netlink_request *q, uint16_t type, const void *data, size_t len);

/* A message in a received datagram. body follows the netlink header and is not aligned: read it
 * with memcpy. */
struct netlink_message {
	struct nlmsghdr head;
	const unsigned char *body;
	size_t body_len;
};

/* Takes the message at *offset of a datagram and advances *offset past it. Returns 1 with the
 * message, 0 at the end of the datagram, -EBADMSG if the bytes are not a message. */
_must_check_ int netlink_next(const void *data, size_t len, size_t *offset,
			      struct netlink_message *ret);

/* An attribute, with the rules and return values of netlink_next. type has no NLA_F_* bits. */
struct netlink_attribute {
	uint16_t type;
	const unsigned char *data;
	size_t len;
};

_must_check_ int netlink_next_attribute(const void *data, size_t len, size_t *offset,
					struct netlink_attribute *ret);

/* Reads the outcome in an NLMSG_ERROR (acknowledgement) or NLMSG_DONE message. *ret_error: 0 or
 * -errno; text: the kernel's message (extended acknowledgement) or "". Returns 0, or -EBADMSG, also
 * for another type of message. */
_must_check_ int netlink_outcome(const struct netlink_message *m, int *ret_error, char *text,
				 size_t text_size);

/* A device, as in an RTM_NEWLINK message. */
struct netlink_link {
	int index;
	unsigned short hardware; /* ARPHRD_* */
	unsigned int flags;	 /* IFF_* */
	char name[IF_NAMESIZE];	 /* "" if the message has none */
};

/* Returns 0, or -EBADMSG if the message is not a complete RTM_NEWLINK. */
_must_check_ int netlink_link(const struct netlink_message *m, struct netlink_link *ret);

#endif
