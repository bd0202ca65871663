/* SPDX-License-Identifier: MIT */
/* refusal.c - tests of whose fault it is that QEMU did not start, by what QEMU 7.2 said of each */
#include "host/vm/refusal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "init/lib/str.h"
#include "tests/lib/test.h"

#define NAME "qemu-system-x86_64: "
#define END "; nothing was made"

/* The last two are the user's own. */
static const char *const argv[] = { "/usr/bin/qemu-system-x86_64", "-device", "pvpanic", "-netdev",
				    "user,id=net,hostfwd=bogus",   "-device", "mine",	 NULL };

static const struct {
	const char *said;
	bool net;
	int want;
	const char *text;
} rows[] = {
	{ NAME "cannot set up guest memory 'pc.ram': Cannot allocate memory\n", false, EXIT_MISSING,
	  "cannot set up guest memory 'pc.ram': Cannot allocate memory; this host has not that much memory: "
	  "ask for less with --memory" },
	{ NAME "Address space limit 0xffffff < 0x29077fffffff phys-bits too low (40)\n", false,
	  EXIT_USAGE,
	  "Address space limit 0xffffff < 0x29077fffffff phys-bits too low (40); ask for less with --memory" },
	{ NAME "Invalid SMP CPUs 1000. The max CPUs supported by machine 'x' is 288\n", false,
	  EXIT_USAGE,
	  "Invalid SMP CPUs 1000. The max CPUs supported by machine 'x' is 288; ask for fewer with --cores" },
	{ NAME "Error loading uncompressed kernel without PVH ELF Note\n", false, EXIT_BAD_INPUT,
	  "Error loading uncompressed kernel without PVH ELF Note; take the bzImage of the same build, or "
	  "build it with CONFIG_PVH=y" },
	{ "qemu: invalid kernel header\n", false, EXIT_BAD_INPUT, "invalid kernel header" },
	/* An option that is nobody's value is the user's, if there are any of the user's. */
	{ NAME "-foo: invalid option\n", false, EXIT_USAGE,
	  "-foo: invalid option (see QEMU_OPTS and --qemu-opts)" },
	/* The same complaint about the user's device and about ours. */
	{ NAME "-device mine: 'mine' is not a valid device model name\n", false, EXIT_USAGE,
	  "-device mine: 'mine' is not a valid device model name (see QEMU_OPTS and --qemu-opts)" },
	{ NAME "-device pvpanic: 'pvpanic' is not a valid device model name\n", false, EXIT_MISSING,
	  "-device: 'pvpanic' is not a valid device model name" },
	/* So with the words of QEMU_NET_OPTS. */
	{ NAME "-netdev user,id=net,hostfwd=bogus: Invalid host forwarding rule 'bogus'\r\n", true,
	  EXIT_USAGE,
	  "-netdev: Invalid host forwarding rule 'bogus' (see QEMU_OPTS and --qemu-opts)" },
	{ NAME "-netdev user,id=net,hostfwd=bogus: Parameter 'type' does not accept value 'user'\n",
	  false, EXIT_MISSING, "-netdev: Parameter 'type' does not accept value 'user'" },
	{ NAME
	  "-qmp tcp::4444,server=on: Failed to find an available port: Address already in use\n",
	  false, EXIT_IN_USE,
	  "-qmp tcp::4444,server=on: Failed to find an available port: Address already in use" },
	/* Warnings are not the reason; what is known is, wherever it stands. */
	{ NAME "warning: TCG doesn't support x\n" NAME "-foo: invalid option\nUse -help\n", false,
	  EXIT_USAGE, "-foo: invalid option (see QEMU_OPTS and --qemu-opts)" },
	{ "Unable to init server: Could not connect\n" NAME "gtk initialization failed\n", false,
	  EXIT_MISSING, "gtk initialization failed" },
	{ NAME "warning: only this\n", false, EXIT_USAGE,
	  "warning: only this (see QEMU_OPTS and --qemu-opts)" },
	{ "", false, EXIT_USAGE, "it did not say why (see QEMU_OPTS and --qemu-opts)" },
};

static void who_is_to_blame(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct refusal r = { 0 };
		char want[512];

		snprintf(want, sizeof(want), "QEMU did not start: %s" END, rows[i].text);
		refusal_of(rows[i].said, argv, 2, rows[i].net, &r);
		CHECK_INT(r.exit_status, rows[i].want);
		CHECK_STR(r.text, want);
	}
}

/* Without words of the user's, something is wrong with this host or its QEMU. */
static void only_ours(void)
{
	struct refusal r = { 0 };

	refusal_of(NAME "unsupported machine type\nUse -machine help\n", argv, 0, false, &r);
	CHECK_INT(r.exit_status, EXIT_MISSING);
	CHECK_STR(r.text, "QEMU did not start: unsupported machine type" END);
}

static int say_port(const char *where, unsigned int port, struct refusal *ret)
{
	char said[256];

	snprintf(said, sizeof(said),
		 NAME "-netdev user: Could not set up host forwarding rule '%s:%u-:22'\n", where,
		 port);
	refusal_of(said, argv, 0, true, ret);
	return ret->exit_status;
}

/* QEMU does not say whether another has the port, or nobody can. */
static void a_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(a);
	struct refusal r = { 0 };

	CHECK(bind(fd, (const struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 1) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	CHECK_INT(say_port("tcp:127.0.0.1", ntohs(a.sin_port), &r), EXIT_IN_USE);
	CHECK_HAS(r.text, "-:22': Address already in use" END);
	CHECK_INT(say_port("tcp:", ntohs(a.sin_port), &r), EXIT_IN_USE);
	CHECK_HAS(r.text, "-:22': Address already in use" END);
	CHECK_INT(say_port(":127.0.0.1", ntohs(a.sin_port), &r), EXIT_IN_USE);
	CHECK_HAS(r.text, "-:22': Address already in use" END);
	CHECK_INT(say_port("tcp:192.0.2.1", ntohs(a.sin_port), &r), EXIT_USAGE);
	CHECK_HAS(r.text, "-:22': Cannot assign requested address" END);
	/* The same port twice, or one that is free again. */
	close(fd);
	fd = -1;
	CHECK_INT(say_port("tcp:127.0.0.1", ntohs(a.sin_port), &r), EXIT_IN_USE);
	CHECK_HAS(r.text, "-:22'" END);
}

/* However long and whatever it is, it is one line that ends. */
static void long_and_odd(void)
{
	static char text[5000];
	struct refusal r = { 0 };

	memset(text, 'x', sizeof(text) - 1);
	refusal_of(text, argv, 2, false, &r);
	CHECK_HAS(r.text, "x (see QEMU_OPTS and --qemu-opts)" END);
	refusal_of(":\n: \n::\n", argv, 2, false, &r);
	CHECK_INT(r.exit_status, EXIT_USAGE);
	refusal_of("Could not set up host forwarding rule '", argv, 2, true, &r);
	CHECK_INT(r.exit_status, EXIT_IN_USE);
}

int main(void)
{
	RUN(who_is_to_blame);
	RUN(only_ours);
	RUN(a_port);
	RUN(long_and_odd);
	TEST_END();
}
