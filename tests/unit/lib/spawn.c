/* SPDX-License-Identifier: MIT */
/* spawn.c - tests of running real programs */
#include "init/lib/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "init/lib/sys.h"
#include "tests/lib/test.h"

static struct buf out, err;
static int status;

/* Runs a line of shell. */
static int sh(struct spawn s, const char *line)
{
	const char *const argv[] = { "sh", "-c", line, NULL };

	s.path = "sh";
	s.argv = argv;
	buf_free(&out);
	buf_free(&err);
	status = -1;
	return spawn_run(&s, &out, &err, &status);
}

static void output_and_status_come_back(void)
{
	CHECK_INT(sh((struct spawn){ .stdin_fd = -1 }, "echo to-out; echo to-err >&2; exit 3"), 0);
	CHECK_STR(out.data, "to-out\n");
	CHECK_STR(err.data, "to-err");
	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 3);
}

static void stdin_is_the_descriptor_or_nothing(void)
{
	int fd[2];

	CHECK_INT(sh((struct spawn){ .stdin_fd = -1 }, "cat; echo end"), 0);
	CHECK_STR(out.data, "end\n");
	CHECK_INT(pipe2(fd, O_CLOEXEC), 0);
	CHECK_INT(write(fd[1], "fed", 3), 3);
	close(fd[1]);
	CHECK_INT(sh((struct spawn){ .stdin_fd = fd[0] }, "cat"), 0);
	CHECK_STR(out.data, "fed");
	close(fd[0]);
}

/* Our own descriptor 0 with O_CLOEXEC, as a guest without a console has it: it must survive. */
static void stdin_may_be_descriptor_zero(void)
{
	int saved = dup(STDIN_FILENO), fd[2];

	CHECK_INT(pipe(fd), 0);
	CHECK_INT(write(fd[1], "zero", 4), 4);
	close(fd[1]);
	CHECK_INT(dup3(fd[0], STDIN_FILENO, O_CLOEXEC), 0);
	CHECK_INT(sh((struct spawn){ .stdin_fd = STDIN_FILENO }, "cat"), 0);
	CHECK_STR(out.len ? out.data : "", "zero");
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(fd[0]);
}

static void environment_is_given_whole(void)
{
	char path[] = "PATH=/usr/bin:/bin", only[] = "ONLY=this";
	char *envp[] = { path, only, NULL };

	CHECK_INT(sh((struct spawn){ .stdin_fd = -1, .envp = envp }, "echo $ONLY.$HOME"), 0);
	CHECK_STR(out.data, "this.\n");
}

static void a_program_that_cannot_run_is_an_errno(void)
{
	static const char *const argv[] = { "x", NULL };
	struct spawn s = { .path = "/nonexistent/program", .argv = argv, .stdin_fd = -1 };

	status = 77;
	CHECK_INT(spawn_run(&s, NULL, NULL, &status), -ENOENT);
	s.path = "no-such-program-in-path";
	CHECK_INT(spawn_run(&s, &out, &err, &status), -ENOENT);
	s.path = "/etc/passwd";
	CHECK_INT(spawn_run(&s, &out, &err, &status), -EACCES);
	s.path = "/proc/self/exe/x";
	CHECK_INT(spawn_run(&s, &out, &err, &status), -ENOTDIR);
	CHECK_INT(status, 77);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
	CHECK_INT(errno, ECHILD);
}

static void signals_start_as_usual(void)
{
	unsigned long long ignored = ~0ULL;
	sigset_t all, old;
	const char *at;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	signal(SIGPIPE, SIG_IGN);
	CHECK_INT(sh((struct spawn){ .stdin_fd = -1 }, "grep -E '^Sig(Blk|Ign)' /proc/self/status"),
		  0);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	CHECK_HAS(out.data, "SigBlk:\t0000000000000000");
	/* Of the ignored ones SIGPIPE is ours to give back; others may be the test's own
	 * inheritance. */
	at = strstr(out.data, "SigIgn:\t");
	CHECK(at && sscanf(at, "SigIgn: %llx", &ignored) == 1);
	CHECK_INT(ignored & 1ULL << (SIGPIPE - 1), 0);
}

static void death_by_signal(void)
{
	char text[64];

	CHECK_INT(sh((struct spawn){ .stdin_fd = -1 }, "kill -TERM $$"), 0);
	CHECK(WIFSIGNALED(status));
	CHECK_INT(WTERMSIG(status), SIGTERM);
	CHECK_STR(spawn_status_text(status, text, sizeof(text)),
		  "killed by signal 15 (Terminated)");
	CHECK_STR(spawn_status_text(3 << 8, text, sizeof(text)), "exit status 3");
}

static void the_deadline_ends_it(void)
{
	struct spawn s = { .stdin_fd = -1, .timeout_ms = 200 };
	uint64_t start = sys_now_us();

	CHECK_INT(sh(s, "exec sleep 1000"), -ETIMEDOUT);
	CHECK(sys_now_us() - start >= 200000);
	CHECK_INT(status, -1);
	/* Also one that never stops talking, on the stream that has no limit. */
	CHECK_INT(sh(s, "exec yes >&2"), -ETIMEDOUT);
	CHECK_INT(err.len, 4096 - 1); /* the trailing newline is cut */
	CHECK(sys_now_us() - start < 60 * 1000000ull);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
}

static int count_looks(pid_t pid, const struct buf *said, const struct buf *complained, void *arg)
{
	int *looks = arg;

	CHECK(kill(pid, 0) == 0);
	CHECK(said == &out && complained == &err);
	return ++*looks == 3 ? -ECANCELED : 0;
}

/* Also of one that never stops talking. */
static void a_watcher_can_end_it(void)
{
	static const char *const lines[] = { "exec sleep 1000", "exec yes >&2" };

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		int looks = 0;
		struct spawn s = { .stdin_fd = -1, .watch = count_looks, .watch_arg = &looks };

		CHECK_INT(sh(s, lines[i]), -ECANCELED);
		CHECK_INT(looks, 3);
		CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
	}
}

static void too_much_output_ends_it(void)
{
	CHECK_INT(sh((struct spawn){ .stdin_fd = -1, .max_output = 1000 }, "exec yes"), -EFBIG);
	CHECK_INT(sh((struct spawn){ .stdin_fd = -1, .max_output = 4 }, "printf 1234"), 0);
	CHECK_STR(out.data, "1234");
}

static void of_stderr_the_end_is_kept(void)
{
	CHECK_INT(sh((struct spawn){ .stdin_fd = -1 },
		     "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done >&2"),
		  0);
	CHECK(err.len <= 4096);
	CHECK(str_ends(err.data, "line 2998\nline 2999"));
}

/* More than a pipe holds, on both streams: neither may block the other. */
static void both_streams_at_once(void)
{
	CHECK_INT(sh((struct spawn){ .stdin_fd = -1, .timeout_ms = 60000 },
		     "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero; echo end >&2"),
		  0);
	CHECK_INT(out.len, 300000);
	CHECK(err.len > 0 && str_ends(err.data + err.len - 3, "end"));
}

/* A daemon that keeps the pipe open must not keep us. */
static void a_grandchild_delays_nobody(void)
{
	uint64_t start = sys_now_us();
	pid_t pid;

	CHECK_INT(sh((struct spawn){ .stdin_fd = -1, .timeout_ms = 60000 }, "sleep 300 & echo $!"),
		  0);
	CHECK(sys_now_us() - start < 30 * 1000000ull);
	pid = atoi(out.data);
	CHECK(pid > 1);
	if (pid > 1)
		CHECK_INT(kill(pid, SIGKILL), 0);
}

int main(void)
{
	RUN(output_and_status_come_back);
	RUN(stdin_is_the_descriptor_or_nothing);
	RUN(stdin_may_be_descriptor_zero);
	RUN(environment_is_given_whole);
	RUN(a_program_that_cannot_run_is_an_errno);
	RUN(signals_start_as_usual);
	RUN(death_by_signal);
	RUN(the_deadline_ends_it);
	RUN(a_watcher_can_end_it);
	RUN(too_much_output_ends_it);
	RUN(of_stderr_the_end_is_kept);
	RUN(both_streams_at_once);
	RUN(a_grandchild_delays_nobody);
	buf_free(&out);
	buf_free(&err);
	TEST_END();
}
