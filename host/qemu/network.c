/* SPDX-License-Identifier: MIT */
/*
 * network.c - the guest's network cards, and the ports forwarded in both directions
 *
 * The first card is in QEMU's user network (slirp), which also carries the share; each VLAN adds a
 * card. A VLAN is a multicast group on the loopback device: any number of QEMUs join it without a
 * switch, and no frame leaves the host. The group's address contains the user's ID, so that the
 * VLANs of two users do not mix by accident; its port is VLAN_PORT plus the VLAN's number.
 */
#include "host/qemu/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/lib/exit.h"

#define VLAN_PORT 20000
#define LOOPBACK "127.0.0.1"
/* NixOS's test driver names its own vlan0, vlan1 and so on. */
#define VLAN_ID "own-vlan"

static int take_number(const char **s, unsigned int first, unsigned int last, unsigned int *ret)
{
	unsigned int v = 0, digits = 0;

	for (; **s >= '0' && **s <= '9' && digits < 6; (*s)++, digits++)
		v = v * 10 + (unsigned int)(**s - '0');
	if (digits == 0 || v < first || v > last)
		return -EINVAL;
	*ret = v;
	return 0;
}

/* Parses [ADDRESS:]PORT and moves *s past it. */
static int take_side(const char **s, struct network_side *ret)
{
	const size_t n = strcspn(*s, ":");
	struct in_addr a;
	unsigned int port;

	if (memchr(*s, '.', n)) {
		if (n >= sizeof(ret->address) || (*s)[n] != ':')
			return -EINVAL;
		memcpy(ret->address, *s, n);
		ret->address[n] = '\0';
		if (inet_pton(AF_INET, ret->address, &a) != 1)
			return -EINVAL;
		*s += n + 1;
	}
	if (take_number(s, 1, UINT16_MAX, &port) < 0)
		return -EINVAL;
	ret->port = (uint16_t)port;
	return 0;
}

/* Parses FROM:TO and moves *s past it. The host's address defaults to its loopback address. */
static int take_sides(const char **s, struct network_side *from, struct network_side *to,
		      struct network_side *host)
{
	int r = take_side(s, from);

	if (r == 0 && *(*s)++ != ':')
		r = -EINVAL;
	if (r == 0)
		r = take_side(s, to);
	if (r < 0 || host->address[0])
		return r;
	return str_format(host->address, sizeof(host->address), LOOPBACK);
}

static int parse_forward(const char *s, struct forward *ret)
{
	if (take_sides(&s, &ret->host, &ret->guest, &ret->host) < 0 ||
	    (*s && !str_eq(s, "/tcp") && !str_eq(s, "/udp")))
		return -EINVAL;
	ret->udp = str_eq(s, "/udp");
	return 0;
}

/* Do the two rules conflict in bind(2)? 0.0.0.0 is every address of the host. */
static bool overlap(const struct forward *a, const struct forward *b)
{
	struct in_addr x, y;

	if (a->host.port != b->host.port || a->udp != b->udp ||
	    inet_pton(AF_INET, a->host.address, &x) != 1 ||
	    inet_pton(AF_INET, b->host.address, &y) != 1)
		return false;
	return x.s_addr == y.s_addr || x.s_addr == INADDR_ANY || y.s_addr == INADDR_ANY;
}

int network_forward(struct network *n, const char *text, struct err *e)
{
	struct forward f = { 0 };

	if (parse_forward(text, &f) < 0)
		return err_exit(
			e, EXIT_USAGE, EINVAL,
			"run: --forward %s: want [ADDRESS:]PORT:[GUEST-ADDRESS:]PORT, with /udp behind "
			"it for UDP; addresses are IPv4, ports 1 to 65535",
			text);
	if (n->n_forwards == NETWORK_FORWARDS_MAX)
		return err_exit(e, EXIT_USAGE, E2BIG, "run: there are more than %d --forward",
				NETWORK_FORWARDS_MAX);
	for (size_t i = 0; i < n->n_forwards; i++)
		if (overlap(&n->forwards[i], &f))
			return err_exit(e, EXIT_USAGE, EEXIST,
					"run: --forward %s: that port of %s is forwarded already",
					text, n->forwards[i].host.address);
	n->forwards[n->n_forwards++] = f;
	return 0;
}

/* QEMU's manual, user mode: 10.0.2.2 is the host, .3 the resolver, .4 the file server, .15 the
 * guest. */
static bool nobody_has(const char *address)
{
	static const unsigned char taken[] = { 0, 2, 3, 4, 15, 255 };
	struct in_addr a;

	if (inet_pton(AF_INET, address, &a) != 1 || ntohl(a.s_addr) >> 8 != 0x0a0002)
		return false;
	return !memchr(taken, (int)(ntohl(a.s_addr) & 0xff), sizeof(taken));
}

int network_guest_forward(struct network *n, const char *text, struct err *e)
{
	struct forward f = { 0 };
	const char *s = text;

	if (take_sides(&s, &f.guest, &f.host, &f.host) < 0 || *s || !nobody_has(f.guest.address))
		return err_exit(
			e, EXIT_USAGE, EINVAL,
			"run: --guest-forward %s: want ADDRESS:PORT:[HOST-ADDRESS:]PORT, where "
			"ADDRESS is one of 10.0.2.0/24 that nobody has, as 10.0.2.100; TCP alone, "
			"ports 1 to 65535",
			text);
	if (n->n_guest_forwards == NETWORK_FORWARDS_MAX)
		return err_exit(e, EXIT_USAGE, E2BIG, "run: there are more than %d --guest-forward",
				NETWORK_FORWARDS_MAX);
	for (size_t i = 0; i < n->n_guest_forwards; i++)
		if (n->guest_forwards[i].guest.port == f.guest.port &&
		    str_eq(n->guest_forwards[i].guest.address, f.guest.address))
			return err_exit(
				e, EXIT_USAGE, EEXIST,
				"run: --guest-forward %s: that port of %s is forwarded already",
				text, f.guest.address);
	n->guest_forwards[n->n_guest_forwards++] = f;
	return 0;
}

int network_vlan(struct network *n, const char *text, struct err *e)
{
	const char *s = text;
	unsigned int number;

	if (take_number(&s, 0, NETWORK_VLAN_LAST, &number) < 0 || *s)
		return err_exit(e, EXIT_USAGE, EINVAL, "run: --vlan %s: want a number up to %u",
				text, NETWORK_VLAN_LAST);
	for (size_t i = 0; i < n->n_vlans; i++)
		if (n->vlans[i] == number)
			return err_exit(e, EXIT_USAGE, EINVAL, "run: --vlan %s is there twice",
					text);
	if (n->n_vlans == NETWORK_VLANS_MAX)
		return err_exit(e, EXIT_USAGE, E2BIG, "run: there are more than %d --vlan",
				NETWORK_VLANS_MAX);
	n->vlans[n->n_vlans++] = number;
	return 0;
}

static const char *protocol(const struct forward *f)
{
	return f->udp ? "udp" : "tcp";
}

/* Binds the port as QEMU does (slirp, tcpx_listen): with SO_REUSEADDR, so that remains of an old
 * connection do not matter. */
static int try_port(const struct forward *f)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(f->host.port) };
	_cleanup_close_ int fd =
		socket(AF_INET, (f->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	const int on = 1;

	if (fd < 0)
		return -errno;
	if (inet_pton(AF_INET, f->host.address, &a.sin_addr) != 1)
		return -EINVAL;
	if (!f->udp)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(fd, (const struct sockaddr *)&a, sizeof(a)) < 0 ? -errno : 0;
}

int network_try_rule(const char *rule)
{
	struct forward f = { .udp = str_after(rule, "udp:") != NULL };
	const size_t protocol = strcspn(rule, ":");
	const char *s = rule + protocol + (rule[protocol] == ':');
	int r;

	s += *s == ':'; /* no address: all addresses of this host */
	if (take_side(&s, &f.host) < 0 || *s != '-')
		return 0;
	if (!f.host.address[0] && str_format(f.host.address, sizeof(f.host.address), "0.0.0.0") < 0)
		return 0;
	r = try_port(&f);
	return r == -EINVAL ? 0 : r;
}

int network_check(const struct network *n, struct err *e)
{
	for (size_t i = 0; i < n->n_forwards; i++) {
		const struct forward *f = &n->forwards[i];
		int r = try_port(f);

		if (r < 0)
			return err_exit(
				e, r == -EADDRINUSE ? EXIT_IN_USE : EXIT_USAGE, r,
				"run: --forward: cannot have %s port %u of %s on this host: %s; "
				"nothing was run",
				protocol(f), f->host.port, f->host.address, strerror(-r));
	}
	return 0;
}

/* FNV-1a: a machine has the same MAC address in a VLAN in each run, and two machines have different
 * ones. */
static uint32_t hash(const char *name, unsigned int vlan)
{
	uint32_t h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return (h ^ vlan) * 16777619u;
}

static void add_vlan(const struct network *n, const char *name, unsigned int vlan, struct argv *a)
{
	const uint32_t h = hash(name, vlan);

	argv_add(a, "-netdev", "socket,id=" VLAN_ID "%u,mcast=239.255.%u.%u:%u,localaddr=" LOOPBACK,
		 vlan, n->user >> 8 & 0xff, n->user & 0xff, VLAN_PORT + vlan);
	argv_add(a, "-device",
		 "virtio-net-pci,netdev=" VLAN_ID "%u,mac=52:54:00:%02x:%02x:%02x,romfile=", vlan,
		 h >> 16 & 0xff, h >> 8 & 0xff, h & 0xff);
}

/* With cmd:, slirp splits the command with g_shell_parse_argv and starts it for each connection; a
 * chardev of QEMU would be a single connection, made when QEMU starts. QEMU uses the last of two
 * equal options, so the user's own come last. */
static void add_user(const struct network *n, const char *const *share, struct argv *a)
{
	argv_add(a, "-netdev", "user,id=net,restrict=%s", n->open ? "off" : "on,ipv6=off");
	if (share) {
		argv_more(a, ",guestfwd=tcp:10.0.2.4:445-cmd:");
		argv_command(a, share);
	}
	for (size_t i = 0; i < n->n_forwards; i++) {
		const struct forward *f = &n->forwards[i];

		argv_more(a, ",hostfwd=%s:%s:%u-%s:%u", protocol(f), f->host.address, f->host.port,
			  f->guest.address, f->guest.port);
	}
	for (size_t i = 0; i < n->n_guest_forwards; i++) {
		const struct forward *f = &n->guest_forwards[i];
		char port[8];

		argv_more(a, ",guestfwd=tcp:%s:%u-cmd:", f->guest.address, f->guest.port);
		snprintf(port, sizeof(port), "%u", f->host.port);
		argv_command(a, (const char *const[]){ n->self, "relay", f->host.address, port,
						       n->slots, NULL });
	}
	if (n->opts && n->opts[0])
		argv_more(a, ",%s", n->opts);
	argv_words(a, "-device", "virtio-net-pci,netdev=net,romfile=");
}

void network_qemu(const struct network *n, const char *name, const char *const *share,
		  struct argv *ret)
{
	add_user(n, share, ret);
	for (size_t i = 0; i < n->n_vlans; i++)
		add_vlan(n, name, n->vlans[i], ret);
}
