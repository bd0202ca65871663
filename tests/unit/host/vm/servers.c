/* SPDX-License-Identifier: MIT */
/* servers.c - tests of when a share is gone for good */
#include "host/vm/servers.h"

#include "tests/lib/test.h"

#define S 1000000ULL
#define KILLED 9
#define EXITED_1 (1 << 8)
#define TERMINATED (143 << 8)

static void one_that_is_killed_is_no_loss(void)
{
	struct servers s = { 0 };

	CHECK(!servers_gone(&s));
	for (unsigned int i = 0; i < 20; i++)
		servers_ended(&s, KILLED,
			      100 * S + i); /* all of one moment: its threads, its connections */
	CHECK(!servers_gone(&s));
	servers_ended(&s, KILLED, 200 * S); /* much later: one had come up */
	CHECK(!servers_gone(&s));
	CHECK_INT(s.failed, 1);
	CHECK(servers_lost(&s));
	servers_ended(&s, TERMINATED, 201 * S);	   /* the one that took its place */
	servers_ended(&s, KILLED, 201 * S + 1000); /* and what was left in its sandbox */
	CHECK(!servers_lost(&s));
	servers_ended(&s, KILLED, 203 * S);
	CHECK(servers_lost(&s));
}

static void one_after_the_other(void)
{
	struct servers s = { 0 };

	for (unsigned int i = 0; i < 3; i++) {
		servers_ended(&s, EXITED_1, (100 + 4 * i) * S);
		CHECK(!servers_gone(&s));
	}
	servers_ended(&s, EXITED_1, 112 * S);
	CHECK(servers_gone(&s));
	servers_ended(&s, KILLED, 113 * S);
	CHECK_INT(s.status, EXITED_1);
}

static void one_that_ends_well(void)
{
	struct servers s = { 0 };

	for (unsigned int i = 0; i < 100; i++) {
		servers_ended(&s, EXITED_1, i * S / 10);
		servers_ended(&s, i % 2 ? 0 : TERMINATED, i * S / 10);
	}
	CHECK(!servers_gone(&s));
}

static void one_that_is_alone(void)
{
	struct servers s = { .alone = true }, well = { .alone = true };

	CHECK(!servers_gone(&s));
	servers_ended(&s, KILLED, S);
	CHECK(servers_gone(&s));
	CHECK_INT(s.status, KILLED);
	CHECK(!servers_lost(&s));
	servers_ended(&well, 0, S);
	CHECK(servers_gone(&well));
}

int main(void)
{
	RUN(one_that_is_killed_is_no_loss);
	RUN(one_after_the_other);
	RUN(one_that_ends_well);
	RUN(one_that_is_alone);
	TEST_END();
}
