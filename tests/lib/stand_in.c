/* SPDX-License-Identifier: MIT */
/*
 * stand_in.c - a stand-in for QEMU in the tests of the launcher's own faults
 *
 * A test that fails each system call of the launcher in turn needs a thousand runs, and a guest is
 * of no interest in them. This program does what the launcher sees of a good run: it answers the
 * monitor, sends stage 1's records, prints a line on the console, and ends like a guest that
 * powers off. Whatever is no run (-version, -device help) goes to the real QEMU, REAL.
 *
 * Called by another name, it fails like a QEMU that dies, stops (SIGSTOP), is mute from the start,
 * speaks no QMP, floods the console, or lingers (closes its sockets seconds before it exits).
 */
#define _GNU_SOURCE /* close_range */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef REAL
#error "REAL is QEMU's path"
#endif

#define GREETING \
	"{\"QMP\":{\"version\":{\"qemu\":{\"micro\":0,\"minor\":2,\"major\":7},\"package\":\"\"}," \
	"\"capabilities\":[]}}\r\n"
#define MEMORY "{\"return\":{\"base-memory\":1073741824,\"plugged-memory\":0}}\r\n"
#define EMPTY "{\"return\":{}}\r\n"
#define POWEROFF \
	"{\"timestamp\":{\"seconds\":1,\"microseconds\":0},\"event\":\"SHUTDOWN\"," \
	"\"data\":{\"guest\":true,\"reason\":\"guest-shutdown\"}}\r\n"
#define RECORDS \
	"sb1\tbegin\tshare\t0\t1000\t0\t\n" \
	"sb1\tstep\tshare\t0\t1000\t2000\tthe stand-in\n" \
	"sb1\tstage2\tswitch\t0\t3000\t0\t/init\n"
#define CONSOLE "a word from the stand-in\r\n"

/* Returns the descriptor of the socket with this id, or -1. */
static int fd_of(char **argv, const char *id)
{
	char want[64];
	size_t n;

	snprintf(want, sizeof(want), "socket,id=%s,fd=", id);
	n = strlen(want);
	for (; *argv; argv++)
		if (strncmp(*argv, want, n) == 0)
			return atoi(*argv + n);
	return -1;
}

static void put(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		exit(1);
}

/* Answers commands until one of them is the last. */
static void answer(FILE *in, int qmp, const char *last)
{
	char line[4096];

	while (fgets(line, sizeof(line), in)) {
		put(qmp, strstr(line, "query-memory") ? MEMORY : EMPTY);
		if (strstr(line, last))
			return;
	}
	exit(0);
}

static void flood(int fd)
{
	for (;;)
		put(fd, "a flood of text without an end\r\n");
}

static void fail_as(const char *name, int qmp, int console)
{
	if (strstr(name, "dies"))
		raise(SIGKILL);
	if (strstr(name, "stops"))
		raise(SIGSTOP);
	if (strstr(name, "floods"))
		flood(console);
	if (strstr(name, "garbage"))
		put(qmp, "}{ no JSON\r\n");
}

int main(int argc, char **argv)
{
	const int qmp = fd_of(argv, "qmp"), report = fd_of(argv, "report"),
		  console = fd_of(argv, "console");
	FILE *in = qmp < 0 ? NULL : fdopen(qmp, "r");

	if (!in) {
		argv[0] = (char[]){ REAL };
		execv(REAL, argv);
		return 127;
	}
	(void)argc;
	if (strstr(argv[0], "mute"))
		pause();
	put(qmp, GREETING);
	answer(in, qmp, "\"cont\"");
	fail_as(argv[0], qmp, console);
	put(report, RECORDS);
	put(console, CONSOLE);
	put(qmp, POWEROFF);
	if (strstr(argv[0], "lingers")) {
		close_range(3, ~0U, 0);
		sleep(4);
	}
	return 0;
}
