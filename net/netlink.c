/* SPDX-License-Identifier: MIT */
/* netlink.c - netlink(7) messages: building requests, reading replies; pure functions of bytes */
#include "net/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* NLMSG_ALIGNTO and NLA_ALIGNTO are both 4 (linux/netlink.h). Received bytes are not parsed with
 * the macros of that header, which compute with lengths before they are checked. */
static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* --- building --- */

/* Appends bytes, padded to 4, and updates the header's length. Returns false if they do not fit. */
static bool append(struct netlink_request *q, const void *data, size_t len)
{
	uint32_t total;

	if (len > sizeof(q->data) || align4(len) > sizeof(q->data) - q->len)
		return false;
	if (len > 0)
		memcpy(q->data + q->len, data, len);
	memset(q->data + q->len + len, 0, align4(len) - len);
	q->len += align4(len);
	total = (uint32_t)q->len;
	memcpy(q->data + offsetof(struct nlmsghdr, nlmsg_len), &total, sizeof(total));
	return true;
}

void netlink_begin(struct netlink_request *q, uint16_t type, uint16_t flags, uint32_t seq,
		   const void *body, size_t body_len)
{
	struct nlmsghdr head = { .nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = seq };

	*q = (struct netlink_request){ .len = 0 };
	if (!append(q, &head, sizeof(head)) || !append(q, body, body_len))
		q->error = -ENOBUFS;
}

void netlink_put(struct netlink_request *q, uint16_t type, const void *data, size_t len)
{
	struct nlattr head = { .nla_len = (uint16_t)(sizeof(head) + len), .nla_type = type };

	if (q->error < 0)
		return;
	/* Append both or neither: the length would be wrong for a header without its data. */
	if (len > sizeof(q->data) || sizeof(head) + align4(len) > sizeof(q->data) - q->len ||
	    !append(q, &head, sizeof(head)) || !append(q, data, len))
		q->error = -ENOBUFS;
}

/* --- reading --- */

int netlink_next(const void *data, size_t len, size_t *offset, struct netlink_message *ret)
{
	const unsigned char *p = data;
	size_t at = *offset, left;
	struct netlink_message m;

	if (at >= len)
		return 0;
	left = len - at;
	if (left < sizeof(m.head))
		return -EBADMSG;
	memcpy(&m.head, p + at, sizeof(m.head));
	if (m.head.nlmsg_len < sizeof(m.head) || m.head.nlmsg_len > left)
		return -EBADMSG;
	m.body = p + at + sizeof(m.head);
	m.body_len = m.head.nlmsg_len - sizeof(m.head);
	*ret = m;
	*offset = at + align4(m.head.nlmsg_len);
	return 1;
}

int netlink_next_attribute(const void *data, size_t len, size_t *offset,
			   struct netlink_attribute *ret)
{
	const unsigned char *p = data;
	size_t at = *offset, left;
	struct nlattr head;

	if (at >= len)
		return 0;
	left = len - at;
	if (left < sizeof(head))
		return -EBADMSG;
	memcpy(&head, p + at, sizeof(head));
	if (head.nla_len < sizeof(head) || head.nla_len > left)
		return -EBADMSG;
	ret->type = head.nla_type & NLA_TYPE_MASK;
	ret->data = p + at + sizeof(head);
	ret->len = head.nla_len - sizeof(head);
	*offset = at + align4(head.nla_len);
	return 1;
}

/* Copies a string attribute, with or without its NUL, truncated to size. Replaces control
 * characters with spaces: the text ends in a message for people. */
static void copy_text(const struct netlink_attribute *a, char *dst, size_t size)
{
	size_t n = 0;

	for (; n < a->len && n + 1 < size && a->data[n] != '\0'; n++)
		dst[n] = (char)(a->data[n] < ' ' || a->data[n] == 0x7f ? ' ' : a->data[n]);
	dst[n] = '\0';
}

static void find_text(const unsigned char *data, size_t len, uint16_t type, char *dst, size_t size)
{
	struct netlink_attribute a;
	size_t offset = 0;

	while (netlink_next_attribute(data, len, &offset, &a) == 1)
		if (a.type == type)
			copy_text(&a, dst, size);
}

/* Kernel: net/netlink/af_netlink.c, netlink_ack() and netlink_dump_done(). An acknowledgement holds
 * the errno, the request's header and, without NLM_F_CAPPED, the request's body; with
 * NLM_F_ACK_TLVS attributes follow. The end of a dump holds the errno and the attributes only. */
int netlink_outcome(const struct netlink_message *m, int *ret_error, char *text, size_t text_size)
{
	struct nlmsghdr request;
	size_t at = sizeof(int32_t);
	int32_t error;

	if (m->head.nlmsg_type != NLMSG_ERROR && m->head.nlmsg_type != NLMSG_DONE)
		return -EBADMSG;
	if (m->body_len < sizeof(error))
		return -EBADMSG;
	memcpy(&error, m->body, sizeof(error));
	if (error > 0 || error < -4095) /* MAX_ERRNO, linux/err.h */
		return -EBADMSG;
	if (m->head.nlmsg_type == NLMSG_ERROR) {
		if (m->body_len < at + sizeof(request))
			return -EBADMSG;
		memcpy(&request, m->body + at, sizeof(request));
		at += sizeof(request);
		if (!(m->head.nlmsg_flags & NLM_F_CAPPED)) {
			if (request.nlmsg_len < sizeof(request) ||
			    request.nlmsg_len - sizeof(request) > m->body_len - at)
				return -EBADMSG;
			at += align4(request.nlmsg_len - sizeof(request));
		}
	}
	text[0] = '\0';
	if ((m->head.nlmsg_flags & NLM_F_ACK_TLVS) && at < m->body_len)
		find_text(m->body + at, m->body_len - at, NLMSGERR_ATTR_MSG, text, text_size);
	*ret_error = error;
	return 0;
}

int netlink_link(const struct netlink_message *m, struct netlink_link *ret)
{
	struct netlink_link link = { 0 };
	struct netlink_attribute a;
	struct ifinfomsg info;
	size_t offset = sizeof(info);
	int r;

	if (m->head.nlmsg_type != RTM_NEWLINK || m->body_len < sizeof(info))
		return -EBADMSG;
	memcpy(&info, m->body, sizeof(info));
	link.index = info.ifi_index;
	link.hardware = info.ifi_type;
	link.flags = info.ifi_flags;
	while ((r = netlink_next_attribute(m->body, m->body_len, &offset, &a)) == 1)
		if (a.type == IFLA_IFNAME)
			copy_text(&a, link.name, sizeof(link.name));
	if (r < 0)
		return r;
	*ret = link;
	return 0;
}
