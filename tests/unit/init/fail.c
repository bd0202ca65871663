/* SPDX-License-Identifier: MIT */
/* fail.c - tests of the words of a failed boot: the disk's state is in them, true and once */
#include "init/fail.h"

#include <errno.h>

#include "init/lib/str.h"
#include "tests/lib/test.h"

static struct boot b;
static char text[1024];

static void fail_with(enum disk_state disk, const char *why)
{
	b.disk = disk;
	err_set(&b.err, EIO, "%s", why);
	fail_text(&b, text, sizeof(text));
}

static void the_disks_state_follows(void)
{
	static const char *const states[] = {
		[DISK_UNTOUCHED] = "it broke; disk unchanged",
		[DISK_NOT_FOUND] = "it broke",
		[DISK_NONE] = "it broke",
		[DISK_PARTLY] = "it broke",
		[DISK_FORMATTED] = "it broke; disk formatted in this boot",
		[DISK_MOUNTING] =
			"it broke; disk not formatted, but its journal may have been replayed",
		[DISK_IN_USE] = "it broke; disk mounted as it was found",
	};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		fail_with((enum disk_state)i, "it broke");
		CHECK_STR(text, states[i]);
	}
}

static void what_is_said_is_not_said_twice(void)
{
	fail_with(DISK_UNTOUCHED, "/dev/vda holds swap; not formatted, disk unchanged");
	CHECK_STR(text, "/dev/vda holds swap; not formatted, disk unchanged");
}

/* /dev/kmsg takes 976 bytes, with "<3>storeboot: stage 1 failed at step console: " in front. */
static void a_long_reason_does_not_push_it_out(void)
{
	char why[1000];

	memset(why, 'x', sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	for (int i = DISK_UNTOUCHED; i <= DISK_IN_USE; i++) {
		fail_with((enum disk_state)i, why);
		CHECK(strlen(text) < 976 - 47);
	}
	CHECK(str_ends(text, "x; disk mounted as it was found"));
}

int main(void)
{
	RUN(the_disks_state_follows);
	RUN(what_is_said_is_not_said_twice);
	RUN(a_long_reason_does_not_push_it_out);
	TEST_END();
}
