/* SPDX-License-Identifier: MIT */
/* net.c - tests of link, address and route on a network namespace of our own */
#include "net/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "net/netlink.h"
#include "tests/lib/ns.h"
#include "tests/lib/test.h"

static struct err e;

/* A pair of veth devices, both of ARPHRD_ETHER; the kernel names the other one. Returns 0 or
 * -errno. */
static int make_veth(const char *name)
{
	static const unsigned char kind[] = { 8, 0, IFLA_INFO_KIND, 0, 'v', 'e', 't', 'h' };
	_cleanup_close_ int nl = net_open(&e);
	struct ifinfomsg info = { 0 };
	struct netlink_message m;
	struct netlink_request q;
	unsigned char data[4096];
	char text[64];
	size_t offset = 0;
	ssize_t n;
	int r, error;

	netlink_begin(&q, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 1,
		      &info, sizeof(info));
	netlink_put(&q, IFLA_IFNAME, name, strlen(name) + 1);
	netlink_put(&q, IFLA_LINKINFO, kind, sizeof(kind));
	if (nl < 0 || send(nl, q.data, q.len, 0) < 0)
		return -errno;
	n = recv(nl, data, sizeof(data), 0);
	if (n < 0 || netlink_next(data, (size_t)n, &offset, &m) != 1)
		return -EBADMSG;
	r = netlink_outcome(&m, &error, text, sizeof(text));
	return r < 0 ? r : error;
}

static void fresh_namespace(void)
{
	memset(&e, 0, sizeof(e));
	CHECK_INT(unshare(CLONE_NEWNET), 0);
}

/* Reads a value of an interface back, as a dotted address or flags. */
static const char *read_address(const char *name, unsigned long request)
{
	static char text[INET_ADDRSTRLEN];
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { 0 };
	struct sockaddr_in in;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, request, &ifr) < 0)
		return strerror(errno);
	memcpy(&in, &ifr.ifr_addr, sizeof(in));
	inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text));
	return text;
}

static bool is_up(const char *name)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	return ioctl(fd, SIOCGIFFLAGS, &ifr) == 0 && (ifr.ifr_flags & IFF_UP);
}

static struct in_addr ip(const char *text)
{
	struct in_addr a = { 0 };

	CHECK_INT(inet_pton(AF_INET, text, &a), 1);
	return a;
}

static void loopback_comes_up(void)
{
	_cleanup_close_ int nl = -1;
	int index = 0;

	fresh_namespace();
	nl = net_open(&e);
	CHECK(nl >= 0);
	CHECK(!is_up("lo"));
	CHECK_INT(net_link_index(nl, "lo", &index, &e), 0);
	CHECK_INT(index, if_nametoindex("lo"));
	CHECK_INT(net_link_up(nl, index, &e), 0);
	CHECK(is_up("lo"));
	CHECK_STR(read_address("lo", SIOCGIFADDR), "127.0.0.1");
}

static void a_whole_configuration(void)
{
	_cleanup_close_ int nl = -1;
	_cleanup_buf_ struct buf routes = { 0 };
	char name[IF_NAMESIZE] = "";
	int index = 0;

	fresh_namespace();
	CHECK_INT(make_veth("eth0"), 0);
	nl = net_open(&e);
	CHECK_INT(net_link_index(nl, "eth0", &index, &e), 0);
	snprintf(name, sizeof(name), "eth0");
	for (int again = 0; again < 2; again++) { /* a second time everything is there: success */
		CHECK_INT(net_link_up(nl, index, &e), 0);
		CHECK_INT(net_address_add(nl, index, ip("10.0.2.15"), 24, &e), 0);
		CHECK_INT(net_route_default(nl, index, ip("10.0.2.2"), &e), 0);
	}
	CHECK_INT(e.num, 0);
	CHECK(is_up(name));
	CHECK_STR(read_address(name, SIOCGIFADDR), "10.0.2.15");
	CHECK_STR(read_address(name, SIOCGIFBRDADDR), "10.0.2.255");
	CHECK_STR(read_address(name, SIOCGIFNETMASK), "255.255.255.0");
	CHECK_INT(file_read(AT_FDCWD, "/proc/self/net/route", 1 << 16, &routes), 0);
	/* destination, gateway (bytes in memory order), flags RTF_UP|RTF_GATEWAY; one only */
	CHECK_HAS(routes.data, "eth0\t00000000\t0202000A\t0003");
	CHECK(!strstr(strstr(routes.data, "\t00000000\t0202000A") + 1, "\t00000000\t0202000A"));
}

static void long_prefixes_have_no_broadcast(void)
{
	_cleanup_close_ int nl = -1;
	int index = 0;

	fresh_namespace();
	CHECK_INT(make_veth("eth0"), 0);
	nl = net_open(&e);
	CHECK_INT(net_link_index(nl, "eth0", &index, &e), 0);
	CHECK_INT(net_address_add(nl, index, ip("10.1.0.1"), 32, &e), 0);
	CHECK_STR(read_address("eth0", SIOCGIFADDR), "10.1.0.1");
	CHECK_STR(read_address("eth0", SIOCGIFNETMASK), "255.255.255.255");
	CHECK_INT(net_address_add(nl, index, ip("10.1.0.2"), 33, &e), -EINVAL);
	CHECK_HAS(e.text, "10.1.0.2/33");
}

static void errors_name_the_object_and_the_reason(void)
{
	_cleanup_close_ int nl = -1;
	int index = 0;

	fresh_namespace();
	CHECK_INT(make_veth("eth0"), 0);
	nl = net_open(&e);
	CHECK_INT(net_link_index(nl, "eth9", &index, &e), -ENODEV);
	CHECK_HAS(e.text, "eth9");
	CHECK_INT(net_link_index(nl, "a-name-that-is-too-long", &index, &e), -ENODEV);
	CHECK_INT(index, 0);
	CHECK_INT(net_link_up(nl, 4711, &e), -ENODEV);
	CHECK_HAS(e.text, "4711");
	CHECK_INT(net_link_index(nl, "eth0", &index, &e), 0);
	CHECK_INT(net_link_up(nl, index, &e), 0);
	/* Without an address no gateway can be reached, and the kernel says so in words. */
	CHECK_INT(net_route_default(nl, index, ip("10.0.2.2"), &e), -ENETUNREACH);
	CHECK_HAS(e.text, "10.0.2.2 on eth0");
	CHECK_HAS(e.text, "gateway:");
	CHECK_INT(net_link_up(-1, index, &e), -EBADF);
}

static void device_that_is_there_is_found(void)
{
	char name[IF_NAMESIZE] = "", want[IF_NAMESIZE] = "";
	int index = 0, lowest = 2;

	fresh_namespace();
	CHECK_INT(make_veth("z9"), 0);
	CHECK_INT(make_veth("a0"), 0);
	while (!if_indextoname((unsigned int)lowest, want) && lowest < 1000)
		lowest++;
	CHECK_INT(net_link_wait_ethernet(0, &index, name, &e), 0);
	CHECK_INT(index, lowest);
	CHECK_STR(name, want);
}

static void device_that_never_comes_is_an_error_in_time(void)
{
	char name[IF_NAMESIZE] = "left";
	int index = -5;

	fresh_namespace();
	CHECK_INT(net_link_wait_ethernet(120, &index, name, &e), -ENODEV);
	CHECK_INT(index, -5);
	CHECK_STR(name, "left");
	CHECK_HAS(e.text, "within 0.1 s");
	CHECK_HAS(e.text, "seen: lo");
}

/* Until process pid sleeps (proc(5), the field after the name): in this test, in its poll(2). */
static void until_asleep(pid_t pid)
{
	char path[64], line[512];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	do
		usleep(1000);
	while (file_read_line(AT_FDCWD, path, line, sizeof(line)) == 0 && !strstr(line, ") S "));
}

static void device_that_comes_late_is_found(void)
{
	char name[IF_NAMESIZE] = "";
	pid_t parent = getpid(), child;
	int index = 0, status = 0;

	fresh_namespace();
	fflush(stdout);
	child = fork();
	if (child == 0) {
		until_asleep(parent);
		_exit(make_veth("late0") == 0 ? 0 : 1);
	}
	CHECK_INT(net_link_wait_ethernet(20000, &index, name, &e), 0);
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK_INT(status, 0);
	CHECK(index > 1);
	/* Of the pair either half may have been told first. */
	CHECK_INT(if_nametoindex(name), index);
}

#define TESTS(T) \
	T(loopback_comes_up) \
	T(a_whole_configuration) \
	T(long_prefixes_have_no_broadcast) \
	T(errors_name_the_object_and_the_reason) \
	T(device_that_is_there_is_found) \
	T(device_that_never_comes_is_an_error_in_time) \
	T(device_that_comes_late_is_found)

int main(void)
{
	const char *why = NULL;
	int r = ns_enter(CLONE_NEWNET);

	if (r < 0)
		why = "no network namespace of our own can be had here";
	else if (make_veth("probe0") < 0)
		why = "this kernel has no veth device";
#define T(fn) \
	if (why) \
		SKIP(#fn, why); \
	else \
		RUN(fn);
	TESTS(T)
#undef T
	TEST_END();
}
