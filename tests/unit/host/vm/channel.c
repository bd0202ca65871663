/* SPDX-License-Identifier: MIT */
/* channel.c - tests of what the launcher does between the guest's agent and programs */
#include "host/vm/channel.h"

#include "host/vm/guest_command.h"
#include "tests/lib/channel.h"

static void a_command_waits_for_the_agent(void)
{
	uint16_t session;

	setup();
	say(&program, FRAME_OPEN, 1, "atrue", 6);
	CHECK_INT(heard(&guest), 0);
	hello(FRAME_AT_STAGE2);
	CHECK(c.here && c.place == FRAME_AT_STAGE2);
	CHECK_STR(c.text, "di");
	CHECK_INT(heard(&guest), FRAME_OPEN);
	session = guest.frame.session;
	CHECK(session != 0);
	say(&guest, FRAME_OUT, session, "text", 4);
	CHECK_INT(heard(&program), FRAME_OUT);
	CHECK_INT(program.frame.session, 1);
	say(&program, FRAME_IN, 1, "in", 2);
	CHECK_INT(heard(&guest), FRAME_IN);
	CHECK_INT(guest.frame.session, session);
	say(&guest, FRAME_EXIT, session, "\5\0\0\0\0\0\0\0", 8);
	CHECK_INT(heard(&program), FRAME_EXIT);
	teardown();
}

static void who_leaves_is_told_of(void)
{
	setup();
	hello(FRAME_AT_STAGE2);
	say(&program, FRAME_OPEN, 1, "atrue", 6);
	CHECK_INT(heard(&guest), FRAME_OPEN);
	close(program.fd);
	program.fd = -1;
	serve();
	CHECK_INT(heard(&guest), FRAME_HANGUP);
	say(&guest, FRAME_OUT, guest.frame.session, "late", 4); /* nobody is there for it */
	teardown();
}

static void the_agent_goes(void)
{
	static const unsigned char payload[] = {
		FRAME_VERSION, 0, 0, 0, FRAME_AT_SYSTEMD, 0, 0, 0
	};
	_cleanup_buf_ struct buf b = { 0 };

	setup();
	hello(FRAME_AT_STAGE2);
	say(&program, FRAME_OPEN, 1, "atrue", 6);
	CHECK_INT(heard(&guest), FRAME_OPEN);
	CHECK_INT(channel_closed(&c), CHANNEL_VANISHED);
	CHECK(!c.here);
	serve();
	CHECK_INT(heard(&program), 0);	    /* another one may come, or the machine end */
	say(&program, FRAME_IN, 1, "x", 1); /* for nobody */
	CHECK_INT(heard(&guest), 0);
	/* A second one has said hello when the first one's end is heard of. */
	hello(FRAME_AT_RESCUE);
	CHECK_INT(frame_put(&b, FRAME_HELLO, 0, payload, sizeof(payload)), 0);
	CHECK_INT(send(guest.fd, b.data, b.len, MSG_NOSIGNAL), (ssize_t)b.len);
	CHECK_INT(channel_closed(&c), CHANNEL_SAME);
	CHECK(c.here && c.place == FRAME_AT_SYSTEMD);
	CHECK_INT(heard(&program), FRAME_GONE);
	CHECK_INT(heard(&program), -1);
	CHECK_INT(channel_closed(&c), CHANNEL_VANISHED);
	CHECK(!c.here);
	CHECK_INT(channel_closed(&c), CHANNEL_SAME);
	teardown();
}

static void garbage(void)
{
	setup();
	hello(FRAME_AT_STAGE2);
	CHECK_INT(send(program.fd, "GET / HTTP/1.1\r\n", 16, MSG_NOSIGNAL), 16);
	serve();
	CHECK_INT(heard(&program), -1);
	CHECK(c.here);
	CHECK_INT(send(guest.fd, "\377", 1, MSG_NOSIGNAL), 1);
	serve();
	CHECK(!c.here);
	CHECK_STR(c.gone, "what comes from the guest is no frame");
	teardown();
}

/* Whatever the guest says: nobody's terminal is taken for its shell unasked. */
static void a_rescue_that_nobody_asked_for(void)
{
	static const unsigned char payload[] = {
		FRAME_VERSION, 0, 0, 0, FRAME_AT_RESCUE, 0, 0, 0, 'x'
	};

	setup();
	say(&program, FRAME_OPEN, 1, "atrue", 6);
	c.rescue = false;
	say(&guest, FRAME_HELLO, 0, payload, sizeof(payload));
	CHECK(!c.here);
	CHECK_INT(c.hellos, 0);
	CHECK_HAS(c.gone, "rescue session that nobody asked for");
	CHECK_INT(heard(&guest), -1);
	serve();
	CHECK_INT(heard(&program), FRAME_REFUSED);
	teardown();
}

/* The agent's last word is read before its end is acted on. */
static void the_status_comes_through(void)
{
	_cleanup_buf_ struct buf b = { 0 };

	setup();
	hello(FRAME_AT_STAGE2);
	say(&program, FRAME_OPEN, 1, "atrue", 6);
	CHECK_INT(heard(&guest), FRAME_OPEN);
	CHECK_INT(frame_put(&b, FRAME_EXIT, guest.frame.session, "\3\0\0\0\0\0\0\0", 8), 0);
	CHECK_INT(send(guest.fd, b.data, b.len, MSG_NOSIGNAL), (ssize_t)b.len);
	channel_closed(&c);
	serve();
	CHECK_INT(heard(&program), FRAME_EXIT);
	teardown();
}

/* A guest that speaks for the launcher: exec would end with the status and text of its choice. */
static void what_only_the_launcher_says(void)
{
	uint16_t session;

	setup();
	hello(FRAME_AT_STAGE2);
	say(&program, FRAME_OPEN, 1, "atrue", 6);
	CHECK_INT(heard(&guest), FRAME_OPEN);
	session = guest.frame.session;
	for (int kind = FRAME_HELLO; kind < FRAME_KINDS; kind++) {
		if (kind >= FRAME_OUT && kind <= FRAME_CREDIT)
			continue;
		say(&guest, (enum frame_kind)kind, session, "\0\0\0\0mine", 8);
		CHECK_INT(heard(&program), 0);
	}
	CHECK(c.here && !c.stop);
	say(&guest, FRAME_CREDIT, session, "\0\0\0\0", 4);
	CHECK_INT(heard(&program), FRAME_CREDIT);
	say(&guest, FRAME_EXIT, session, "\3\0\0\0\0\0\0\0", 8);
	CHECK_INT(heard(&program), FRAME_EXIT);
	teardown();
}

static void without_hope(void)
{
	setup();
	say(&program, FRAME_OPEN, 1, "atrue", 6);
	channel_hopeless(&c, "no driver");
	serve();
	check_told(&program, FRAME_REFUSED, 71, "no driver");
	teardown();
}

/* More frames at once than the guest has room for: all come through in the end. */
static void many_small_frames(void)
{
	_cleanup_buf_ struct buf b = { 0 };
	size_t sent = 0, got = 0;
	uint32_t n = 0;

	setup();
	hello(FRAME_AT_STAGE2);
	say(&program, FRAME_OPEN, 1, "acat", 5);
	CHECK_INT(heard(&guest), FRAME_OPEN);
	while (n < 200000) {
		CHECK_INT(frame_put(&b, FRAME_IN, 1, "x", 1), 0);
		n++;
	}
	CHECK_INT(frame_put(&b, FRAME_IN_END, 1, NULL, 0), 0);
	for (int idle = 0; idle < 50 && got < n + 1;) {
		ssize_t len = sent < b.len ?
				      send(program.fd, b.data + sent, b.len - sent, MSG_DONTWAIT) :
				      0;
		int kind;

		sent += len > 0 ? (size_t)len : 0;
		serve();
		idle++;
		while ((kind = heard(&guest)) > 0) {
			got++;
			idle = 0;
		}
	}
	CHECK_INT(got, n + 1);
	teardown();
}

/* No program speaks for the machine, or for another's session. */
static void what_a_program_may_not(void)
{
	setup();
	hello(FRAME_AT_STAGE2);
	say(&program, FRAME_OFF, 0, NULL, 0);
	say(&program, FRAME_IN, 2, "x", 1);
	say(&program, FRAME_CLOCK, 0, "\0\0\0\0\0\0\0\0", 8);
	CHECK_INT(heard(&guest), 0);
	teardown();
}

static void the_console(void)
{
	setup();
	say(&program, FRAME_ATTACH, 0, NULL, 0);
	CHECK_INT(heard(&program), FRAME_ATTACH);
	channel_console(&c, "login: ", 7);
	serve();
	CHECK_INT(heard(&program), FRAME_OUT);
	CHECK(program.frame.len == 7 && memcmp(program.frame.data, "login: ", 7) == 0);
	say(&program, FRAME_IN, 1, "root\r", 5);
	CHECK(c.typed.len == 5 && memcmp(c.typed.data, "root\r", 5) == 0);
	teardown();
}

static void stop(void)
{
	setup();
	say(&program, FRAME_STOP, 0, "\0\0\0\0", 4);
	CHECK(c.stop && !c.stop_now);
	CHECK_INT(heard(&program), FRAME_STOP); /* it was heard */
	say(&program, FRAME_STOP, 0, "\1\0\0\0", 4);
	CHECK(c.stop_now);
	teardown();
}

/* A guest that says more than was granted is not listened to without end. */
static void a_flood(void)
{
	char data[FRAME_DATA_MAX] = { 0 };
	uint16_t session;
	int i;

	setup();
	hello(FRAME_AT_STAGE2);
	say(&program, FRAME_OPEN, 1, "atrue", 6);
	CHECK_INT(heard(&guest), FRAME_OPEN);
	session = guest.frame.session;
	for (i = 0; i < 1000 && c.conns[0].fd > 0; i++)
		say(&guest, FRAME_OUT, session, data, sizeof(data));
	CHECK(i < 1000);
	CHECK(c.here);
	teardown();
}

/* Each hello is answered, so one that reads no answer would fill the memory. */
static void a_flood_of_hellos(void)
{
	const unsigned char payload[] = { FRAME_VERSION, 0, 0, 0, FRAME_AT_STAGE2, 0, 0, 0 };
	_cleanup_buf_ struct buf hellos = { 0 };

	setup();
	for (int i = 0; i < 2000; i++)
		CHECK_INT(frame_put(&hellos, FRAME_HELLO, 0, payload, sizeof(payload)), 0);
	for (int i = 0; i < 2000 && c.port >= 0; i++) {
		CHECK_INT(send(guest.fd, hellos.data, hellos.len, MSG_NOSIGNAL),
			  (ssize_t)hellos.len);
		serve();
	}
	CHECK_STR(c.gone, "the guest does not read what it is told");
	CHECK(c.to_guest.len < 16 * FRAME_WINDOW);
	teardown();
}

static void when_a_command_is_due(void)
{
	static const struct {
		enum ready when;
		enum frame_place place;
		bool here, execed, ready, want;
	} rows[] = {
		{ READY_AUTO, FRAME_AT_STAGE2, false, true, true, false },
		{ READY_AUTO, FRAME_AT_STAGE2, true, false, false, false },
		{ READY_AUTO, FRAME_AT_STAGE2, true, true, false, true },
		{ READY_AUTO, FRAME_AT_SYSTEMD, true, true, false, false },
		{ READY_AUTO, FRAME_AT_SYSTEMD, true, true, true, true },
		{ READY_EXEC, FRAME_AT_SYSTEMD, true, true, false, true },
		{ READY_NOTIFY, FRAME_AT_STAGE2, true, true, false, false },
		{ READY_NOTIFY, FRAME_AT_STAGE2, true, true, true, true },
		{ READY_AUTO, FRAME_AT_COMMAND, true, false, false, true },
		{ READY_AUTO, FRAME_AT_RESCUE, true, true, true, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct guest_command g = { .asked = true, .when = (int)rows[i].when };
		const struct channel ch = { .here = rows[i].here,
					    .place = rows[i].place,
					    .execed = rows[i].execed,
					    .ready = rows[i].ready };

		CHECK_INT(guest_command_due(&g, &ch), rows[i].want);
		g.asked = false;
		CHECK(!guest_command_due(&g, &ch));
	}
}

int main(void)
{
	RUN(a_command_waits_for_the_agent);
	RUN(who_leaves_is_told_of);
	RUN(the_agent_goes);
	RUN(a_rescue_that_nobody_asked_for);
	RUN(the_status_comes_through);
	RUN(what_only_the_launcher_says);
	RUN(without_hope);
	RUN(many_small_frames);
	RUN(garbage);
	RUN(what_a_program_may_not);
	RUN(the_console);
	RUN(stop);
	RUN(a_flood);
	RUN(a_flood_of_hellos);
	RUN(when_a_command_is_due);
	TEST_END();
}
