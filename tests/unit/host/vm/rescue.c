/* SPDX-License-Identifier: MIT */
/* rescue.c - tests of what the rescue shell lets reach the terminal */
#include "host/vm/rescue.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/test.h"

#define TITLE "\033]0;PWNED\a" /* a terminal would obey it */

static int ours[3], master, guest;
static struct channel c;
static struct console console;
static struct rescue r;
static char said[8192];
static size_t said_len;

/* stdin, stdout and stderr are a terminal until leave_terminal. */
static void enter_terminal(void)
{
	int slave;

	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		exit(1);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		exit(1);
	for (int i = 0; i < 3; i++) {
		ours[i] = dup(i);
		dup2(slave, i);
	}
	close(slave);
	fcntl(master, F_SETFL, O_NONBLOCK);
}

static void leave_terminal(void)
{
	for (int i = 0; i < 3; i++) {
		dup2(ours[i], i);
		close(ours[i]);
	}
	close(master);
}

static void serve(void)
{
	for (int i = 0; i < 6; i++) {
		struct pollfd fds[CHANNEL_POLLS + RESCUE_POLLS] = { 0 };
		ssize_t n;

		for (size_t j = 0; j < RESCUE_POLLS; j++)
			fds[j].fd = -1;
		rescue_polls(&r, fds);
		channel_polls(&c, fds + RESCUE_POLLS);
		poll(fds, CHANNEL_POLLS + RESCUE_POLLS, 0);
		rescue_serve(&r, &c, &console, fds);
		channel_serve(&c, fds + RESCUE_POLLS);
		n = read(master, said + said_len, sizeof(said) - 1 - said_len);
		said_len += n > 0 ? (size_t)n : 0;
		said[said_len] = '\0';
	}
}

static void say(enum frame_kind kind, uint16_t session, const void *data, size_t len)
{
	_cleanup_buf_ struct buf b = { 0 };

	if (frame_put(&b, kind, session, data, len) < 0 ||
	    send(guest, b.data, b.len, MSG_NOSIGNAL) != (ssize_t)b.len)
		exit(1);
	serve();
}

/* What the guest was granted of its stdout since the last time; and the session's number. */
static uint64_t granted(uint16_t *ret_session)
{
	_cleanup_buf_ struct buf in = { 0 };
	uint64_t sum = 0;
	char data[65536];
	struct frame f;
	ssize_t n = recv(guest, data, sizeof(data), MSG_DONTWAIT);
	size_t at = 0;
	int len;

	if (n <= 0 || buf_add(&in, data, (size_t)n) < 0)
		return 0;
	while ((len = frame_take(in.data + at, in.len - at, &f)) > 0) {
		if (f.session)
			*ret_session = f.session;
		if (f.kind == FRAME_CREDIT && f.len > 0 && f.data[0] == FRAME_OUT)
			sum += frame_number(&f, 1, 4);
		at += (size_t)len;
	}
	return sum;
}

/* A rescue session of a guest that would have the terminal do things. Returns what it was granted
 * for an output of which a terminal shows nothing. */
static uint64_t session(bool filtered)
{
	static const unsigned char hello[] = { FRAME_VERSION, 0, 0, 0, FRAME_AT_RESCUE, 0, 0, 0 };
	_cleanup_buf_ struct buf b = { 0 };
	uint16_t number = 0;
	int ends[2];
	uint64_t sum;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		exit(1);
	guest = ends[0];
	c = (struct channel)CHANNEL_INIT;
	c.port = ends[1];
	c.rescue = true;
	console = (struct console){ .fd = -1, .filtered = filtered };
	r = (struct rescue)RESCUE_INIT;
	said_len = 0;
	if (buf_add(&b, hello, sizeof(hello)) < 0 || buf_add(&b, "st" TITLE "ep", 14) < 0)
		exit(1);
	say(FRAME_HELLO, 0, b.data, b.len);
	rescue_begin(&r, &c, &console, "why" TITLE);
	serve();
	(void)granted(&number);
	say(FRAME_OUT, number, "a\033[31mb\033[", 9);
	say(FRAME_ERR, number, "6n", 2);
	say(FRAME_OUT, number, "32mc", 4);
	(void)granted(&number);
	say(FRAME_OUT, number, TITLE, strlen(TITLE));
	sum = granted(&number);
	say(FRAME_REFUSED, number, "\175\0\0\0no" TITLE, 4 + 2 + strlen(TITLE));
	rescue_free(&r);
	channel_free(&c);
	close(guest);
	return sum;
}

static void the_filter_is_for_it_too(void)
{
	uint64_t sum;

	enter_terminal();
	sum = session(true);
	leave_terminal();
	CHECK_HAS(said, "failed at step st?]0;PWNED?ep: why?]0;PWNED?");
	CHECK_HAS(said, "a\033[31mb\033[32mc");
	CHECK_HAS(said, "storeboot: no?]0;PWNED?");
	CHECK(!strstr(said, "\033]") && !strchr(said, '\a'));
	CHECK_INT(sum, strlen(TITLE)); /* what is left out does not keep the guest waiting */
}

/* Our own lines are clean in each case. */
static void without_the_filter(void)
{
	enter_terminal();
	(void)session(false);
	leave_terminal();
	CHECK_HAS(said, "failed at step st?]0;PWNED?ep: why?]0;PWNED?");
	CHECK_HAS(said, "a\033[31mb\033[6n32mc" TITLE);
	CHECK_HAS(said, "storeboot: no?]0;PWNED?");
}

int main(void)
{
	RUN(the_filter_is_for_it_too);
	RUN(without_the_filter);
	TEST_END();
}
