/* SPDX-License-Identifier: MIT */
/* qmp.c - tests of reading QEMU's monitor */
#include "host/run/qmp.h"

#include <errno.h>

#include "tests/lib/test.h"

/* As QEMU 7.2 sent it, but for the middle of the greeting. */
static const char stream[] =
	"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, "
	"\"package\": \"Debian\"}, \"capabilities\": [\"oob\"]}}\r\n"
	"{\"return\": {}}\r\n"
	"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"RTC_CHANGE\", "
	"\"data\": {\"offset\": 0, \"qom-path\": \"/machine/}{\"}}\r\n"
	"{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no such\"}}\r\n"
	"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"SHUTDOWN\", "
	"\"data\": {\"guest\": true, \"reason\": \"guest-shutdown\"}}\r\n";

static void check_whole(const struct qmp *q)
{
	CHECK(q->greeted);
	CHECK(q->shutdown);
	CHECK(q->by_guest);
	CHECK_STR(q->reason, "guest-shutdown");
	CHECK_STR(q->error, "no such");
	CHECK(!q->panicked);
	CHECK(!q->io_error);
}

static void pieces_of_every_size(void)
{
	for (size_t step = 1; step <= sizeof(stream); step++) {
		_cleanup_(qmp_free) struct qmp q = { 0 };

		for (size_t at = 0; at < sizeof(stream) - 1; at += step) {
			size_t left = sizeof(stream) - 1 - at;

			CHECK_INT(qmp_feed(&q, stream + at, left < step ? left : step), 0);
		}
		check_whole(&q);
	}
}

static void other_events(void)
{
	static const char text[] = "{\"event\": \"GUEST_PANICKED\"}{\"event\": \"BLOCK_IO_ERROR\"}"
				   "{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": false, "
				   "\"reason\": \"host-qmp-quit\"}}";
	_cleanup_(qmp_free) struct qmp q = { 0 };

	CHECK_INT(qmp_feed(&q, text, strlen(text)), 0);
	CHECK(q.panicked);
	CHECK(q.io_error);
	CHECK(q.shutdown);
	CHECK(!q.by_guest);
	CHECK_STR(q.reason, "host-qmp-quit");
}

static void what_is_no_qmp(void)
{
	static const char *const texts[] = { "hello", "[1]", "{\"event\": ]", "7 " };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(qmp_free) struct qmp q = { 0 };

		CHECK_INT(qmp_feed(&q, texts[i], strlen(texts[i])), -EBADMSG);
		CHECK_INT(qmp_feed(&q, stream, sizeof(stream) - 1), 0);
		CHECK(!q.shutdown);
	}
}

/* Members of another type than they should be are not followed. */
static void odd_members(void)
{
	static const char text[] = "{\"event\": 5, \"data\": 7}{\"event\": \"SHUTDOWN\"}"
				   "{\"error\": \"x\"}{\"event\": \"SHUTDOWN\", \"data\": [1]}";
	_cleanup_(qmp_free) struct qmp q = { 0 };

	CHECK_INT(qmp_feed(&q, text, strlen(text)), 0);
	CHECK(q.shutdown);
	CHECK(!q.by_guest);
	CHECK_STR(q.reason, "");
}

int main(void)
{
	RUN(pieces_of_every_size);
	RUN(other_events);
	RUN(what_is_no_qmp);
	RUN(odd_members);
	TEST_END();
}
