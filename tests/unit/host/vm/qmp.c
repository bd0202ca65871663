/* SPDX-License-Identifier: MIT */
/* qmp.c - tests of reading QEMU's monitor */
#include "host/vm/qmp.h"

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
	CHECK_INT(q->n_io_errors, 0);
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
	static const char text[] = "{\"event\": \"GUEST_PANICKED\"}{\"event\": \"RESET\"}"
				   "{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": false, "
				   "\"reason\": \"host-qmp-quit\"}}";
	_cleanup_(qmp_free) struct qmp q = { 0 };

	CHECK_INT(qmp_feed(&q, text, strlen(text)), 0);
	CHECK(q.panicked);
	CHECK_INT(q.resets, 1);
	CHECK(q.shutdown);
	CHECK(!q.by_guest);
	CHECK_STR(q.reason, "host-qmp-quit");
}

/* As QEMU 7.2 sent it, twice; then another's, and one that says nothing. */
static void io_errors(void)
{
	static const char text
		[] = "{\"event\": \"BLOCK_IO_ERROR\", \"data\": {\"device\": \"\", \"node-name\": \"disk0\", "
		     "\"reason\": \"No space left on device\", \"operation\": \"write\", \"action\": "
		     "\"report\"}}",
	    other[] = "{\"event\": \"BLOCK_IO_ERROR\", \"data\": {\"node-name\": \"disk0\", "
		      "\"operation\": \"read\", \"nospace\": true}}{\"event\": \"BLOCK_IO_ERROR\"}";
	_cleanup_(qmp_free) struct qmp q = { 0 };

	CHECK_INT(qmp_feed(&q, text, strlen(text)), 0);
	CHECK_INT(qmp_feed(&q, text, strlen(text)), 0);
	CHECK_INT(q.n_io_errors, 1);
	CHECK_STR(q.io_errors[0].node, "disk0");
	CHECK_STR(q.io_errors[0].operation, "write");
	CHECK_STR(q.io_errors[0].reason, "No space left on device");
	CHECK(!q.io_errors[0].no_space);
	CHECK_INT(qmp_feed(&q, other, strlen(other)), 0);
	CHECK_INT(q.n_io_errors, 3);
	CHECK(q.io_errors[1].no_space);
	CHECK_STR(q.io_errors[2].node, "");
	/* However many there are. */
	for (int i = 0; i < 40; i++) {
		char more[96];

		snprintf(more, sizeof(more),
			 "{\"event\":\"BLOCK_IO_ERROR\",\"data\":{\"node-name\":\"n%d\"}}", i);
		CHECK_INT(qmp_feed(&q, more, strlen(more)), 0);
	}
	CHECK_INT(q.n_io_errors, QMP_IO_ERRORS_MAX);
}

/* As QEMU 7.2 sends it. Ports of other names are not the agent's: qemu-ga's has no id, the user's
 * any. */
static void the_agents_port(void)
{
	static const char
		ours[] = "{\"event\": \"VSERPORT_CHANGE\", \"data\": {\"open\": false, \"id\": "
			 "\"storeboot\"}}",
		open[] = "{\"event\": \"VSERPORT_CHANGE\", \"data\": {\"open\": true, \"id\": "
			 "\"storeboot\"}}",
		others[] =
			"{\"event\": \"VSERPORT_CHANGE\", \"data\": {\"open\": false, \"id\": "
			"\"port1\"}}{\"event\": \"VSERPORT_CHANGE\", \"data\": {\"open\": false}}";
	_cleanup_(qmp_free) struct qmp q = { 0 };

	CHECK_INT(qmp_feed(&q, others, strlen(others)), 0);
	CHECK(!q.port_closed);
	CHECK_INT(qmp_feed(&q, ours, strlen(ours)), 0);
	CHECK(q.port_closed);
	CHECK_INT(qmp_feed(&q, open, strlen(open)), 0);
	CHECK(!q.port_closed);
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

static void replies(void)
{
	static const char text[] =
		"{\"return\": {}}"
		"{\"return\": {\"base-memory\": 67108864, \"plugged-memory\": 0}}"
		"{\"event\": \"RESUME\"}{\"error\": {\"class\": \"GenericError\", "
		"\"desc\": \"no room\"}}{\"return\": 7}{\"return\": {\"base-memory\": []}}";
	_cleanup_(qmp_free) struct qmp q = { 0 };

	CHECK_INT(qmp_feed(&q, text, strlen(text)), 0);
	CHECK_INT(q.replies, 5);
	CHECK_STR(q.error, "no room");
	CHECK_INT(q.memory, 0); /* the last answer */
	q.replies = 0;
	CHECK_INT(qmp_feed(&q, text, 60 + 20), 0);
	CHECK_INT(q.memory, 64 << 20);
}

int main(void)
{
	RUN(pieces_of_every_size);
	RUN(other_events);
	RUN(io_errors);
	RUN(the_agents_port);
	RUN(what_is_no_qmp);
	RUN(odd_members);
	RUN(replies);
	TEST_END();
}
