/* SPDX-License-Identifier: MIT */
/* conns.c - tests of what programs are told: that the agent is gone, that there are too many of
 * them */
#include "tests/lib/channel.h"

/* Who has a command there, who waits for one and who comes later all learn why; a new agent is
 * welcome. */
static void no_agent_comes_again(void)
{
	struct side waits, late;

	setup();
	hello(FRAME_AT_STAGE2);
	say(&program, FRAME_OPEN, 1, "atrue", 6);
	CHECK_INT(heard(&guest), FRAME_OPEN);
	channel_away(&c, "killed"); /* not while there is one */
	CHECK_STR(c.away, "");
	CHECK_INT(channel_closed(&c), CHANNEL_VANISHED);
	waits = (struct side){ .fd = channel_connect(&c) };
	say(&waits, FRAME_OPEN, 1, "atrue", 6);
	CHECK_INT(heard(&waits), 0);
	channel_away(&c, "killed");
	serve();
	check_told(&program, FRAME_GONE, 125, "killed");
	CHECK_INT(heard(&program), -1);
	check_told(&waits, FRAME_REFUSED, 71, "killed");
	CHECK_INT(heard(&waits), -1);
	late = (struct side){ .fd = channel_connect(&c) };
	say(&late, FRAME_OPEN, 1, "atrue", 6);
	check_told(&late, FRAME_REFUSED, 71, "killed");
	side_free(&late);
	hello(FRAME_AT_STAGE2);
	CHECK_STR(c.away, "");
	late = (struct side){ .fd = channel_connect(&c) };
	say(&late, FRAME_OPEN, 1, "atrue", 6);
	CHECK_INT(heard(&guest), FRAME_OPEN);
	side_free(&late);
	side_free(&waits);
	teardown();
}

/* After an agent that goes with all processes the machine ends; a running command gets its reason.
 */
static void the_guest_shuts_down(void)
{
	struct side late;

	setup();
	hello(FRAME_AT_STAGE2);
	say(&program, FRAME_OPEN, 1, "atrue", 6);
	CHECK_INT(heard(&guest), FRAME_OPEN);
	say(&guest, FRAME_BYE, 0, "\0\0\0\0", 4);
	CHECK(c.here);
	CHECK_INT(channel_closed(&c), CHANNEL_LEFT);
	late = (struct side){ .fd = channel_connect(&c) };
	say(&late, FRAME_OPEN, 1, "atrue", 6);
	check_told(&late, FRAME_REFUSED, 71, "it shuts down");
	CHECK_INT(heard(&program), 0);
	channel_ended(&c, "the VM has ended (guest-shutdown)");
	serve();
	CHECK(!channel_busy(&c));
	check_told(&program, FRAME_GONE, 125, "guest-shutdown");
	side_free(&late);
	teardown();
}

/* Stage 1 tries a step again: programs wait for its next agent. */
static void a_step_is_tried_again(void)
{
	setup();
	hello(FRAME_AT_RESCUE);
	say(&guest, FRAME_BYE, 0, "\1\0\0\0", 4);
	CHECK(!c.here);
	CHECK_INT(channel_closed(&c), CHANNEL_SAME);
	say(&program, FRAME_OPEN, 1, "atrue", 6);
	CHECK_INT(heard(&program), 0);
	hello(FRAME_AT_STAGE2);
	CHECK_INT(heard(&guest), FRAME_OPEN);
	teardown();
}

/* All that it said before comes through, however slowly it is read. */
static void a_slow_reader_gets_all(void)
{
	char data[FRAME_DATA_MAX] = { 0 };
	size_t got = 0;
	int kind;

	setup();
	hello(FRAME_AT_STAGE2);
	say(&program, FRAME_OPEN, 1, "atrue", 6);
	CHECK_INT(heard(&guest), FRAME_OPEN);
	for (int i = 0; i < FRAME_WINDOW / FRAME_DATA_MAX; i++)
		say(&guest, FRAME_OUT, guest.frame.session, data, sizeof(data));
	CHECK_INT(channel_closed(&c), CHANNEL_VANISHED);
	channel_away(&c, "killed");
	for (int i = 0; i < 1000 && (kind = heard(&program)) >= 0 && kind != FRAME_GONE; i++) {
		got += kind == FRAME_OUT ? program.frame.len : 0;
		serve();
	}
	CHECK_INT(got, FRAME_WINDOW);
	CHECK_INT(kind, FRAME_GONE);
	teardown();
}

static void each_asks(struct side *sides, size_t n, enum frame_kind kind)
{
	for (size_t i = 0; i < n; i++) {
		sides[i] = (struct side){ .fd = connect_program() };
		CHECK(sides[i].fd >= 0);
		say(&sides[i], kind, kind == FRAME_OPEN, "atrue", kind == FRAME_OPEN ? 6 : 0);
	}
}

static void free_all(struct side *sides, size_t n)
{
	for (size_t i = 0; i < n; i++)
		side_free(&sides[i]);
}

/* Each kind has its own limit, which is named, and the launcher's own command is beyond it. */
static void too_many(void)
{
	struct side commands[CONN_COMMANDS + 1], consoles[CONN_CONSOLES + 1], stop;

	setup();
	for (int here = 0; here < 2; here++) {
		if (here)
			hello(FRAME_AT_STAGE2);
		each_asks(commands, ARRAY_SIZE(commands), FRAME_OPEN);
		for (size_t i = 0; i < CONN_COMMANDS; i++)
			CHECK_INT(heard(&commands[i]), 0);
		check_told(
			&commands[CONN_COMMANDS], FRAME_REFUSED, 67,
			"busy: this VM runs 16 commands and connections, and no more are possible");
		CHECK_INT(heard(&commands[CONN_COMMANDS]), -1);
		if (here) {
			say(&program, FRAME_OPEN, 1, "atrue", 6);
			CHECK_INT(heard(&program), 0);
			CHECK_INT(conn_count(c.conns, CONN_COMMAND), CONN_COMMANDS);
		}
		each_asks(consoles, ARRAY_SIZE(consoles), FRAME_ATTACH);
		for (size_t i = 0; i < CONN_CONSOLES; i++)
			CHECK_INT(heard(&consoles[i]), FRAME_ATTACH);
		check_told(&consoles[CONN_CONSOLES], FRAME_GONE, 67,
			   "busy: this VM has 16 consoles open, and no more are possible");
		each_asks(&stop, 1, FRAME_STOP);
		CHECK_INT(heard(&stop), FRAME_STOP);
		CHECK(c.stop);
		free_all(commands, ARRAY_SIZE(commands));
		free_all(consoles, ARRAY_SIZE(consoles));
		side_free(&stop);
		serve();
	}
	teardown();
}

/* Who connects and says nothing keeps nobody out. */
static void silent_ones_make_way(void)
{
	struct side silent[4 * CONNS_MAX], commands[CONN_COMMANDS], stop;

	setup();
	each_asks(commands, ARRAY_SIZE(commands), FRAME_OPEN);
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++) {
		silent[i] = (struct side){ .fd = connect_program() };
		CHECK(silent[i].fd >= 0);
	}
	check_told(&silent[0], FRAME_GONE, 67, "busy: too many programs");
	CHECK_INT(heard(&silent[0]), -1);
	CHECK_INT(heard(&silent[ARRAY_SIZE(silent) - 1]), 0);
	each_asks(&stop, 1, FRAME_STOP);
	CHECK_INT(heard(&stop), FRAME_STOP);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		CHECK_INT(heard(&commands[i]), 0);
	CHECK_INT(heard(&program), 0); /* the launcher's own stays, too */
	free_all(silent, ARRAY_SIZE(silent));
	free_all(commands, ARRAY_SIZE(commands));
	side_free(&stop);
	teardown();
}

int main(void)
{
	RUN(no_agent_comes_again);
	RUN(the_guest_shuts_down);
	RUN(a_step_is_tried_again);
	RUN(a_slow_reader_gets_all);
	RUN(too_many);
	RUN(silent_ones_make_way);
	TEST_END();
}
