/* SPDX-License-Identifier: MIT */
/* log.c - tests of the one sink */
#include "init/lib/log.h"

#include <fcntl.h>

#include "init/lib/file.h"
#include "tests/lib/test.h"

static int ends[2];

static const char *said(char *dst, size_t size)
{
	ssize_t n = read(ends[0], dst, size - 1);

	dst[n > 0 ? n : 0] = '\0';
	return dst;
}

static void a_line_and_its_prefix(void)
{
	char line[4096];

	log_open(ends[1], false, "me", LOG_INFO);
	log_trace("not wanted");
	log_info("one %d", 1);
	CHECK_STR(said(line, sizeof(line)), "me: one 1\n");
	log_open(ends[1], true, "me", LOG_TRACE);
	log_trace("two");
	CHECK_STR(said(line, sizeof(line)), "<7>me: two\n");
}

static void shout(char *line)
{
	for (; *line; line++)
		*line = (char)(*line == 'o' ? 'O' : *line);
}

static void a_line_is_cleaned(void)
{
	char line[4096];

	log_open(ends[1], false, "me", LOG_INFO);
	log_clean(shout);
	log_info("%s", "one\n");
	CHECK_STR(said(line, sizeof(line)), "me: One\n\n");
	log_clean(NULL);
}

/* Whatever was on the line before, and the cursor is at the left after it. */
static void in_raw_mode(void)
{
	char line[4096];

	log_open(ends[1], false, "me", LOG_INFO);
	log_raw(true);
	log_info("one");
	CHECK_STR(said(line, sizeof(line)), "\r\nme: one\r\n");
	log_raw(false);
	log_info("two");
	CHECK_STR(said(line, sizeof(line)), "me: two\n");
}

static void a_line_is_one_line(void)
{
	char text[4000], line[4096];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_open(ends[1], false, "me", LOG_INFO);
	log_info("%s", text);
	said(line, sizeof(line));
	CHECK(strlen(line) > 1000 && strlen(line) <= 1200);
	CHECK_STR(strchr(line, '\n'), "\n");
}

int main(void)
{
	if (pipe2(ends, O_NONBLOCK) < 0)
		return 1;
	RUN(a_line_and_its_prefix);
	RUN(a_line_is_cleaned);
	RUN(in_raw_mode);
	RUN(a_line_is_one_line);
	TEST_END();
}
