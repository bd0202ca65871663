/* SPDX-License-Identifier: MIT */
/* netlink.c - tests of the netlink codec on bytes, whole, cut and wrong */
#include "net/netlink.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

#include "tests/lib/test.h"

static struct netlink_request q;

/* A request is a message: the builder's output goes through the reader. */
static struct netlink_message message(void)
{
	struct netlink_message m = { 0 };
	size_t offset = 0;

	CHECK_INT(q.error, 0);
	CHECK_INT(netlink_next(q.data, q.len, &offset, &m), 1);
	CHECK_INT(offset, q.len);
	return m;
}

static void begin_link(void)
{
	struct ifinfomsg info = { .ifi_type = ARPHRD_ETHER, .ifi_index = 7, .ifi_flags = IFF_UP };

	netlink_begin(&q, RTM_NEWLINK, 0, 1, &info, sizeof(info));
}

static void request_bytes_are_padded_and_counted(void)
{
	struct ifinfomsg info = { .ifi_index = 7 };
	static const unsigned char want_attribute[] = { 7, 0, 3, 0, 'l', 'o', 0, 0 };
	struct netlink_message m;

	netlink_begin(&q, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 42, &info, sizeof(info));
	netlink_put(&q, IFLA_IFNAME, "lo", 3);
	m = message();
	CHECK_INT(q.len, 16 + 16 + 8);
	CHECK_INT(m.head.nlmsg_len, q.len);
	CHECK_INT(m.head.nlmsg_type, RTM_NEWLINK);
	CHECK_INT(m.head.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	CHECK_INT(m.head.nlmsg_seq, 42);
	CHECK(memcmp(m.body, &info, sizeof(info)) == 0);
	CHECK(memcmp(m.body + sizeof(info), want_attribute, sizeof(want_attribute)) == 0);
}

static void request_over_its_buffer_is_an_error(void)
{
	static const unsigned char big[300];
	size_t len;

	begin_link();
	netlink_put(&q, IFLA_IFNAME, big, 200);
	CHECK_INT(q.error, 0);
	len = q.len;
	netlink_put(&q, IFLA_IFNAME, big, 64);
	CHECK_INT(q.error, -ENOBUFS);
	CHECK_INT(q.len, len);
	netlink_put(&q, IFLA_IFNAME, big, 1);
	CHECK_INT(q.len, len);
	begin_link();
	netlink_put(&q, IFLA_IFNAME, big, (size_t)-1);
	CHECK_INT(q.error, -ENOBUFS);
	netlink_begin(&q, RTM_NEWLINK, 0, 1, big, sizeof(big));
	CHECK_INT(q.error, -ENOBUFS);
}

static void messages_are_taken_one_by_one(void)
{
	unsigned char two[2 * sizeof(q.data)];
	struct netlink_message m;
	size_t offset = 0, n;

	begin_link();
	n = q.len;
	memcpy(two, q.data, n);
	memcpy(two + n, q.data, n);
	CHECK_INT(netlink_next(two, 2 * n, &offset, &m), 1);
	CHECK_INT(netlink_next(two, 2 * n, &offset, &m), 1);
	CHECK_INT(netlink_next(two, 2 * n, &offset, &m), 0);
	/* Cut anywhere within the second, that one is refused and offset stays. */
	for (size_t cut = n + 1; cut < 2 * n; cut++) {
		offset = n;
		CHECK_INT(netlink_next(two, cut, &offset, &m), -EBADMSG);
		CHECK_INT(offset, n);
	}
	/* A length below the header's would never end. */
	memset(two, 0, sizeof(uint32_t));
	offset = 0;
	CHECK_INT(netlink_next(two, n, &offset, &m), -EBADMSG);
}

static void attributes_are_taken_one_by_one(void)
{
	/* A nested one (NLA_F_NESTED) of no bytes, one of 1 byte whose padding is missing. */
	static const unsigned char bytes[] = { 4, 0, 5, 0x80, 5, 0, 6, 0, 'x' };
	static const unsigned char zero[] = { 0, 0, 1, 0 };
	struct netlink_attribute a;
	size_t offset = 0;

	CHECK_INT(netlink_next_attribute(bytes, sizeof(bytes), &offset, &a), 1);
	CHECK_INT(a.type, 5);
	CHECK_INT(a.len, 0);
	CHECK_INT(netlink_next_attribute(bytes, sizeof(bytes), &offset, &a), 1);
	CHECK_INT(a.type, 6);
	CHECK_INT(a.len, 1);
	CHECK_INT(netlink_next_attribute(bytes, sizeof(bytes), &offset, &a), 0);
	for (size_t cut = 5; cut < sizeof(bytes); cut++) {
		offset = 4;
		CHECK_INT(netlink_next_attribute(bytes, cut, &offset, &a), -EBADMSG);
	}
	offset = 0;
	CHECK_INT(netlink_next_attribute(zero, sizeof(zero), &offset, &a), -EBADMSG);
}

static void link_is_read(void)
{
	struct netlink_link link = { 0 };
	struct netlink_message m;

	begin_link();
	netlink_put(&q, IFLA_IFNAME, "enp0s3", 7);
	m = message();
	CHECK_INT(netlink_link(&m, &link), 0);
	CHECK_INT(link.index, 7);
	CHECK_INT(link.hardware, ARPHRD_ETHER);
	CHECK_INT(link.flags, IFF_UP);
	CHECK_STR(link.name, "enp0s3");
}

static void link_name_is_bounded(void)
{
	struct netlink_link link = { 0 };
	struct netlink_message m;

	begin_link();
	netlink_put(&q, IFLA_IFNAME, "a-name-of-far-more-than-fifteen", 31);
	m = message();
	CHECK_INT(netlink_link(&m, &link), 0);
	CHECK_STR(link.name, "a-name-of-far-m");
	begin_link();
	m = message();
	CHECK_INT(netlink_link(&m, &link), 0);
	CHECK_STR(link.name, "");
	/* A body cut within its fixed header, a message of another type. */
	m.body_len = sizeof(struct ifinfomsg) - 1;
	CHECK_INT(netlink_link(&m, &link), -EBADMSG);
	m = message();
	m.head.nlmsg_type = RTM_DELLINK;
	CHECK_INT(netlink_link(&m, &link), -EBADMSG);
}

/* An acknowledgement as the kernel makes it: errno, the request's header, its body unless capped,
 * the words. */
static struct netlink_message make_ack(int32_t error, size_t echoed, uint16_t flags,
				       const char *words)
{
	struct {
		int32_t error;
		struct nlmsghdr request;
		unsigned char body[32];
	} ack = { .error = error, .request = { .nlmsg_len = (uint32_t)(16 + echoed) } };

	netlink_begin(&q, NLMSG_ERROR, flags, 9, &ack, 20 + (flags & NLM_F_CAPPED ? 0 : echoed));
	if (words)
		netlink_put(&q, NLMSGERR_ATTR_MSG, words, strlen(words) + 1);
	return message();
}

static void outcome_with_and_without_words(void)
{
	struct netlink_message m =
		make_ack(-ENETUNREACH, 12, NLM_F_ACK_TLVS, "Nexthop has invalid gateway");
	char text[64] = "left";
	int error = 1;

	CHECK_INT(netlink_outcome(&m, &error, text, sizeof(text)), 0);
	CHECK_INT(error, -ENETUNREACH);
	CHECK_STR(text, "Nexthop has invalid gateway");
	m = make_ack(-EINVAL, 12, NLM_F_ACK_TLVS | NLM_F_CAPPED, "two\nlines");
	CHECK_INT(netlink_outcome(&m, &error, text, sizeof(text)), 0);
	CHECK_STR(text, "two lines");
	CHECK_INT(netlink_outcome(&m, &error, text, 4), 0);
	CHECK_STR(text, "two");
	m = make_ack(0, 12, NLM_F_CAPPED, NULL);
	CHECK_INT(netlink_outcome(&m, &error, text, sizeof(text)), 0);
	CHECK_INT(error, 0);
	CHECK_STR(text, "");
}

static void outcome_refuses_wrong_bytes(void)
{
	struct netlink_message m = make_ack(-EINVAL, 12, NLM_F_ACK_TLVS, "words");
	size_t whole = m.body_len;
	char text[64] = "left";
	int error = 1;

	/* Cut before the echoed request ends: refused; within the words: read without them. */
	for (size_t cut = 0; cut < 20 + 12; cut++) {
		m.body_len = cut;
		CHECK_INT(netlink_outcome(&m, &error, text, sizeof(text)), -EBADMSG);
	}
	CHECK_INT(error, 1);
	CHECK_STR(text, "left");
	for (size_t cut = 20 + 12; cut < whole - 3; cut++) {
		m.body_len = cut;
		CHECK_INT(netlink_outcome(&m, &error, text, sizeof(text)), 0);
		CHECK_STR(text, "");
	}
	m = make_ack(5, 0, NLM_F_CAPPED, NULL);
	CHECK_INT(netlink_outcome(&m, &error, text, sizeof(text)), -EBADMSG);
	m = make_ack(INT32_MIN, 0, NLM_F_CAPPED, NULL);
	CHECK_INT(netlink_outcome(&m, &error, text, sizeof(text)), -EBADMSG);
	m.head.nlmsg_type = RTM_NEWLINK;
	CHECK_INT(netlink_outcome(&m, &error, text, sizeof(text)), -EBADMSG);
}

static void outcome_of_a_dump(void)
{
	int32_t done = 0;
	char text[64];
	int error = 1;
	struct netlink_message m;

	netlink_begin(&q, NLMSG_DONE, NLM_F_MULTI, 9, &done, sizeof(done));
	m = message();
	CHECK_INT(netlink_outcome(&m, &error, text, sizeof(text)), 0);
	CHECK_INT(error, 0);
	m.body_len = 3;
	CHECK_INT(netlink_outcome(&m, &error, text, sizeof(text)), -EBADMSG);
}

int main(void)
{
	RUN(request_bytes_are_padded_and_counted);
	RUN(request_over_its_buffer_is_an_error);
	RUN(messages_are_taken_one_by_one);
	RUN(attributes_are_taken_one_by_one);
	RUN(link_is_read);
	RUN(link_name_is_bounded);
	RUN(outcome_with_and_without_words);
	RUN(outcome_refuses_wrong_bytes);
	RUN(outcome_of_a_dump);
	TEST_END();
}
