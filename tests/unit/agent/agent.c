/* SPDX-License-Identifier: MIT */
/* agent.c - tests of the guest's agent, over a socket in place of the port */
#include <signal.h>
#include <sys/stat.h>

#include "tests/lib/agent.h"

static void run(struct host *h, bool tty, const char *script, const char *in, struct said *s)
{
	open_command(h, 1, tty, script);
	put_credit(h, 1, FRAME_OUT, FRAME_WINDOW);
	put_credit(h, 1, FRAME_ERR, FRAME_WINDOW);
	if (in)
		put(h, FRAME_IN, 1, in, strlen(in));
	put(h, FRAME_IN_END, 1, NULL, 0);
	gather(h, s);
}

static void hello(void)
{
	struct host h;

	start(&h, FRAME_AT_RESCUE);
	CHECK_INT(next(&h), FRAME_HELLO);
	CHECK_INT(frame_number(&h.frame, 0, 4), FRAME_VERSION);
	CHECK_INT(frame_number(&h.frame, 4, 4), FRAME_AT_RESCUE);
	CHECK(h.frame.len == 12 && memcmp(h.frame.data + 8, "disk", 4) == 0);
	put(&h, FRAME_RETRY, 0, NULL, 0);
	CHECK_INT(next(&h), FRAME_BYE); /* the host expects another agent */
	CHECK_INT(frame_number(&h.frame, 0, 4), FRAME_BYE_RETRY);
	CHECK_INT(finish(&h), AGENT_RETRY);
}

static void streams_and_status(void)
{
	struct host h;
	struct said s;
	pid_t left;

	start(&h, FRAME_AT_COMMAND);
	next(&h);
	run(&h, false, "cat; echo err >&2; exit 7", "some input", &s);
	CHECK_INT(s.kind, FRAME_EXIT);
	CHECK_INT(s.status, 7);
	CHECK_INT(s.signal, 0);
	CHECK_STR(s.out.data, "some input");
	CHECK_STR(s.err.data, "err\n");
	CHECK_INT(s.in_credit, FRAME_WINDOW + 10);
	said_free(&s);
	run(&h, false, "kill -9 $$", NULL, &s);
	CHECK_INT(s.status, 137);
	CHECK_INT(s.signal, 9);
	said_free(&s);
	/* What is left behind keeps the pipes open, and nobody waiting, also where it does not stop
	 * talking. */
	run(&h, false, "exec 2>/dev/null; (while echo y; do :; done) & sleep 0.2; exit 3", NULL,
	    &s);
	CHECK_INT(s.status, 3);
	said_free(&s);
	run(&h, false, "sleep 30 & echo left $!", NULL, &s);
	CHECK_INT(s.status, 0);
	CHECK_HAS(s.out.data, "left ");
	left = s.out.data ? (pid_t)atoi(s.out.data + strlen("left ")) : 0;
	if (left > 1)
		kill(left, SIGKILL);
	said_free(&s);
	put(&h, FRAME_OFF, 0, NULL, 0);
	CHECK_INT(finish(&h), AGENT_OFF);
}

static void what_cannot_start(void)
{
	_cleanup_(request_free) struct request r = { 0 };
	_cleanup_buf_ struct buf b = { 0 };
	struct host h;
	struct said s;

	start(&h, FRAME_AT_COMMAND);
	next(&h);
	CHECK_INT(strv_add(&r.argv, "no-such-program"), 0);
	CHECK_INT(request_format(&r, &b), 0);
	put(&h, FRAME_OPEN, 9, b.data, b.len);
	gather(&h, &s);
	CHECK_INT(s.kind, FRAME_REFUSED);
	CHECK_INT(s.status, 127);
	said_free(&s);
	put(&h, FRAME_OPEN, 9, "garbage", 7);
	gather(&h, &s);
	CHECK_INT(s.kind, FRAME_REFUSED);
	CHECK_INT(s.status, 125);
	said_free(&s);
	CHECK_INT(finish(&h), AGENT_LOST);
}

/* Makes an executable file that holds text; path has room for it. */
static void make_script(char *path, const char *text)
{
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	CHECK_INT(fchmod(fd, 0755), 0);
	close(fd);
}

/* A script that is there is not reported as not found. */
static void a_script_without_its_interpreter(void)
{
	static const struct {
		const char *text, *part;
		unsigned int status;
	} rows[] = {
		{ "#!/no/such/program -x\n", ": its interpreter /no/such/program: No such file",
		  126 },
		{ "#! \t/no/such/other\n", ": its interpreter /no/such/other: No such file", 126 },
		{ "#!/bin/sh\r\n", "(the line ends with a carriage return): No such file", 126 },
	};
	struct host h;

	start(&h, FRAME_AT_COMMAND);
	next(&h);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(request_free) struct request r = { 0 };
		_cleanup_buf_ struct buf b = { 0 };
		char path[] = "/tmp/storeboot-agent.XXXXXX", text[FRAME_TEXT_MAX + 1];

		make_script(path, rows[i].text);
		/* By its path, and where it is looked for. */
		CHECK_INT(i % 2 ? strv_add(&r.argv, path + strlen("/tmp/")) :
				  strv_add(&r.argv, path),
			  0);
		CHECK_INT(strv_add(&r.env, "PATH=/nowhere:/tmp:/bin"), 0);
		CHECK_INT(request_format(&r, &b), 0);
		put(&h, FRAME_OPEN, 9, b.data, b.len);
		while (next(&h) > 0 && h.frame.kind != FRAME_REFUSED)
			;
		frame_text(&h.frame, text, sizeof(text));
		CHECK_INT(frame_number(&h.frame, 0, 4), rows[i].status);
		CHECK_HAS(text, path + strlen("/tmp/"));
		CHECK_HAS(text, rows[i].part);
		unlink(path);
	}
	CHECK_INT(finish(&h), AGENT_LOST);
}

/* However many commands were hung up and went on: they take no place from others. */
static void who_is_hung_up_takes_no_place(void)
{
	struct host h;
	struct said s;

	start(&h, FRAME_AT_COMMAND);
	next(&h);
	for (uint16_t i = 1; i <= 40; i++) {
		open_command(&h, i, false, "trap '' HUP; echo ready; exec sleep 3");
		put_credit(&h, i, FRAME_OUT, FRAME_WINDOW);
		while (next(&h) > 0 && h.frame.kind != FRAME_OUT)
			CHECK(h.frame.kind != FRAME_REFUSED);
		put(&h, FRAME_HANGUP, i, NULL, 0);
	}
	run(&h, false, "echo one more", NULL, &s);
	CHECK_STR(s.out.data, "one more\n");
	said_free(&s);
	CHECK_INT(finish(&h), AGENT_LOST);
}

/* No more than was granted is on its way, and the end waits for what was said before. */
static void credit(void)
{
	size_t out = 0;
	struct host h;

	start(&h, FRAME_AT_COMMAND);
	next(&h);
	open_command(&h, 1, false, "head -c 50000 /dev/zero");
	put_credit(&h, 1, FRAME_OUT, 1000);
	while (out < 50000 && next(&h) > 0) {
		if (h.frame.kind == FRAME_EXIT)
			break;
		if (h.frame.kind != FRAME_OUT)
			continue;
		out += h.frame.len;
		CHECK(h.frame.len <= 1000);
		if (out % 1000 == 0)
			put_credit(&h, 1, FRAME_OUT, 1000);
	}
	CHECK_INT(out, 50000);
	CHECK_INT(next(&h), FRAME_EXIT);
	CHECK_INT(finish(&h), AGENT_LOST);
}

static void a_terminal(void)
{
	struct host h;
	struct said s;

	start(&h, FRAME_AT_COMMAND);
	next(&h);
	run(&h, true, "stty size; test -t 2 && echo terminal >&2", NULL, &s);
	CHECK_INT(s.kind, FRAME_EXIT);
	CHECK_INT(s.status, 0);
	CHECK_HAS(s.out.data, "33 77\r\n");
	CHECK_HAS(s.out.data, "terminal\r\n"); /* a terminal has one stream */
	CHECK_INT(s.err.len, 0);
	said_free(&s);
	CHECK_INT(finish(&h), AGENT_LOST);
}

/* To the whole process group, as from a terminal; who is gone hangs it up. */
static void signals(void)
{
	const char term = SIGTERM;
	struct host h;
	struct said s;

	start(&h, FRAME_AT_COMMAND);
	next(&h);
	open_command(&h, 1, false,
		     "trap 'echo trapped; exit 4' TERM; echo ready; while :; do sleep 1; done");
	put_credit(&h, 1, FRAME_OUT, FRAME_WINDOW);
	put_credit(&h, 1, FRAME_ERR,
		   FRAME_WINDOW); /* some shells tell that their sleep was terminated */
	while (next(&h) > 0 && h.frame.kind != FRAME_OUT)
		;
	put(&h, FRAME_SIGNAL, 1, &term, 1);
	gather(&h, &s);
	CHECK_STR(s.out.data, "trapped\n");
	CHECK_INT(s.status, 4);
	said_free(&s);
	open_command(&h, 2, false, "echo $$; exec sleep 30");
	put_credit(&h, 2, FRAME_OUT, FRAME_WINDOW);
	while (next(&h) > 0 && h.frame.kind != FRAME_OUT)
		;
	put(&h, FRAME_HANGUP, 2, NULL, 0);
	run(&h, false, "echo next", NULL, &s); /* nothing more is heard of the other one */
	CHECK_STR(s.out.data, "next\n");
	said_free(&s);
	CHECK_INT(finish(&h), AGENT_LOST);
}

/* Stage 2 ends all processes: the agent goes with the last command. */
static void the_end(void)
{
	struct host h;
	struct said s;

	start(&h, FRAME_AT_STAGE2);
	next(&h);
	open_command(&h, 1, false, "echo ready; exec sleep 30");
	put_credit(&h, 1, FRAME_OUT, FRAME_WINDOW);
	while (next(&h) > 0 && h.frame.kind != FRAME_OUT)
		;
	kill(h.agent, SIGTERM);
	CHECK_INT(next(&h), FRAME_BYE); /* at once: it may be killed before the command has ended */
	CHECK_INT(frame_number(&h.frame, 0, 4), FRAME_BYE_TERM);
	put(&h, FRAME_SIGNAL, 1, &(const char){ SIGKILL }, 1);
	gather(&h, &s);
	CHECK_INT(s.status, 137);
	said_free(&s);
	CHECK_INT(next(&h), 0);
	CHECK_INT(finish(&h), AGENT_TERM);
}

int main(void)
{
	setenv("PATH", "/usr/bin:/bin", 1);
	RUN(hello);
	RUN(streams_and_status);
	RUN(what_cannot_start);
	RUN(a_script_without_its_interpreter);
	RUN(who_is_hung_up_takes_no_place);
	RUN(credit);
	RUN(a_terminal);
	RUN(signals);
	RUN(the_end);
	TEST_END();
}
