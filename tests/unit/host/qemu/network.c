/* SPDX-License-Identifier: MIT */
/* network.c - tests of the guest's network cards: what is asked for, and what QEMU is told */
#include "host/qemu/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "tests/lib/test.h"

static const char *const share[] = { "/s,b", "1", NULL };

static void say(const struct network *n, const char *const *server, const char *want)
{
	_cleanup_argv_ struct argv v = { 0 };
	_cleanup_buf_ struct buf text = { 0 };

	network_qemu(n, "demo", server, &v);
	CHECK_INT(v.error, 0);
	for (size_t i = 0; i < v.words.n; i++)
		CHECK_INT(buf_addf(&text, "%s%s", i ? " " : "", v.words.v[i]), 0);
	CHECK_STR(text.data, want);
}

#define CARD " -device virtio-net-pci,netdev=net,romfile="

static void nothing_is_asked_for(void)
{
	const struct network n = { 0 };

	say(&n, NULL, "-netdev user,id=net,restrict=on,ipv6=off" CARD);
	say(&n, share,
	    "-netdev user,id=net,restrict=on,ipv6=off,guestfwd=tcp:10.0.2.4:445-cmd:/s,,b 1" CARD);
}

static void forwards(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "2222:22", "tcp:127.0.0.1:2222-:22" },
		{ "2222:22/tcp", "tcp:127.0.0.1:2222-:22" },
		{ "53:5353/udp", "udp:127.0.0.1:53-:5353" },
		{ "0.0.0.0:80:65535", "tcp:0.0.0.0:80-:65535" },
		{ "80:10.0.2.16:8080", "tcp:127.0.0.1:80-10.0.2.16:8080" },
		{ "192.168.100.200:80:10.0.2.16:8080/udp",
		  "udp:192.168.100.200:80-10.0.2.16:8080" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct network n = { .opts = "" };
		char want[200];
		struct err e;

		CHECK_INT(network_forward(&n, rows[i].text, &e), 0);
		snprintf(want, sizeof(want),
			 "-netdev user,id=net,restrict=on,ipv6=off,hostfwd=%s" CARD, rows[i].want);
		say(&n, NULL, want);
	}
}

static void what_is_no_forward(void)
{
	static const char *const rows[] = {
		"",
		"22",
		"22:",
		":22",
		"0:22",
		"22:0",
		"65536:22",
		"22:65536",
		"22:22/sctp",
		"22:22/",
		"a:22",
		"22:22:22",
		"1.2.3:22:22",
		"1.2.3.4.5:22:22",
		"1.2.3.4:22",
		"22:1.2.3.4",
		"1.2.3.4:1.2.3.4:22:22",
		"22:22,hostfwd=tcp::1-:1",
		"::1:22:22",
		"localhost:22:22",
		"22:22 ",
		" 22:22",
		"+22:22",
		"0000022:22",
		"123.123.123.1234:22:22",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct network n = { 0 };
		struct err e = { 0 };

		CHECK_INT(network_forward(&n, rows[i], &e), -EINVAL);
		CHECK_INT(e.exit_status, EXIT_USAGE);
		CHECK_INT(n.n_forwards, 0);
		CHECK_HAS(e.text, rows[i]);
	}
}

static void open_and_more(void)
{
	struct network n = { .open = true, .opts = "net=10.1.0.0/16,dns=10.1.0.9" };
	struct network all = { 0 };
	struct err e;

	CHECK_INT(network_forward(&n, "1:2", &e), 0);
	CHECK_INT(network_forward(&n, "3:4", &e), 0);
	CHECK_INT(network_forward(&n, "1:5", &e), -EEXIST);
	CHECK_HAS(e.text, "that port of 127.0.0.1 is forwarded already");
	/* 0.0.0.0 is each address, whichever of the two is said first; each protocol has ports of
	 * its own. */
	CHECK_INT(network_forward(&n, "0.0.0.0:1:5", &e), -EEXIST);
	CHECK_HAS(e.text, "--forward 0.0.0.0:1:5: that port of 127.0.0.1 is forwarded already");
	CHECK_INT(network_forward(&all, "0.0.0.0:1:2", &e), 0);
	CHECK_INT(network_forward(&all, "1:5", &e), -EEXIST);
	CHECK_HAS(e.text, "that port of 0.0.0.0 is forwarded already");
	CHECK_INT(network_forward(&all, "127.0.0.2:1:5", &e), -EEXIST);
	CHECK_INT(network_forward(&all, "1:5/udp", &e), 0);
	CHECK_INT(network_forward(&all, "127.0.0.2:1:5/udp", &e), 0);
	CHECK_INT(network_forward(&all, "3:4", &e), 0);
	say(&n, NULL,
	    "-netdev user,id=net,restrict=off,hostfwd=tcp:127.0.0.1:1-:2,"
	    "hostfwd=tcp:127.0.0.1:3-:4,net=10.1.0.0/16,dns=10.1.0.9" CARD);
}

static void from_the_guest(void)
{
	static const char *const bad[] = {
		"80:81",	   "10.0.2.100:80",    "10.0.2.4:80:81",
		"10.0.2.15:80:81", "10.0.3.9:80:81",   "10.0.2.100:80:81/tcp",
		"10.0.2.100:80:0", "10.0.2.255:80:81", "",
	};
	struct network n = { .self = "/a b/x,y" };
	struct err e = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK_INT(network_guest_forward(&n, bad[i], &e), -EINVAL);
		CHECK_HAS(e.text, "want ADDRESS:PORT:[HOST-ADDRESS:]PORT");
	}
	CHECK_INT(network_guest_forward(&n, "10.0.2.100:80:8080", &e), 0);
	CHECK_INT(network_guest_forward(&n, "10.0.2.100:80:1", &e), -EEXIST);
	CHECK_HAS(e.text, "that port of 10.0.2.100 is forwarded already");
	CHECK_INT(network_guest_forward(&n, "10.0.2.1:80:127.0.0.2:81", &e), 0);
	say(&n, NULL,
	    "-netdev user,id=net,restrict=on,ipv6=off,"
	    "guestfwd=tcp:10.0.2.100:80-cmd:'/a b/x,,y' relay 127.0.0.1 8080,"
	    "guestfwd=tcp:10.0.2.1:80-cmd:'/a b/x,,y' relay 127.0.0.2 81" CARD);
}

static void vlans(void)
{
	struct network n = { .user = 0x1234 };
	_cleanup_argv_ struct argv a = { 0 }, b = { 0 };
	struct err e = { 0 };

	CHECK_INT(network_vlan(&n, "0", &e), 0);
	CHECK_INT(network_vlan(&n, "4095", &e), 0);
	CHECK_INT(network_vlan(&n, "4096", &e), -EINVAL);
	CHECK_INT(network_vlan(&n, "1x", &e), -EINVAL);
	CHECK_INT(network_vlan(&n, "", &e), -EINVAL);
	CHECK_INT(network_vlan(&n, "0", &e), -EINVAL);
	CHECK_HAS(e.text, "--vlan 0 is there twice");
	network_qemu(&n, "a", NULL, &a);
	CHECK_INT(a.error, 0);
	network_qemu(&n, "b", NULL, &b);
	CHECK_INT(b.error, 0);
	CHECK_INT(a.words.n, 12);
	CHECK_STR(a.words.v[5],
		  "socket,id=own-vlan0,mcast=239.255.18.52:20000,localaddr=127.0.0.1");
	CHECK_STR(a.words.v[9],
		  "socket,id=own-vlan4095,mcast=239.255.18.52:24095,localaddr=127.0.0.1");
	CHECK_HAS(a.words.v[7], "virtio-net-pci,netdev=own-vlan0,mac=52:54:00:");
	/* Each card's own address, in each machine. */
	CHECK(!str_eq(a.words.v[7] + 33, a.words.v[11] + 36));
	CHECK(!str_eq(a.words.v[7], b.words.v[7]));
}

static void a_port_that_is_taken(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(a);
	struct network n = { 0 };
	struct err e = { 0 };
	char text[32], want[64];

	CHECK_INT(bind(fd, (struct sockaddr *)&a, len), 0);
	CHECK_INT(listen(fd, 1), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	snprintf(text, sizeof(text), "%u:22", ntohs(a.sin_port));
	CHECK_INT(network_forward(&n, text, &e), 0);
	CHECK_INT(network_check(&n, &e), -EADDRINUSE);
	CHECK_INT(e.exit_status, EXIT_IN_USE);
	snprintf(want, sizeof(want), "tcp port %u of 127.0.0.1", ntohs(a.sin_port));
	CHECK_HAS(e.text, want);
	close(fd);
	fd = -1;
	CHECK_INT(network_check(&n, &e), 0);
}

int main(void)
{
	RUN(nothing_is_asked_for);
	RUN(forwards);
	RUN(what_is_no_forward);
	RUN(open_and_more);
	RUN(from_the_guest);
	RUN(vlans);
	RUN(a_port_that_is_taken);
	TEST_END();
}
