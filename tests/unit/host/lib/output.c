/* SPDX-License-Identifier: MIT */
/* output.c - tests of writing a command's result */
#include "host/lib/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "init/lib/file.h"
#include "tests/lib/lesser_fs.h"
#include "tests/lib/test.h"

static char text[] = "result\n";
static const struct buf result = { text, sizeof(text) - 1, sizeof(text) };

static int output_write(const char *path, const struct buf *b, const char *what, output_is_own *own,
			struct err *e)
{
	_cleanup_(output_close) struct output o = OUTPUT_INIT;
	int r = output_open(path, what, own, &o, e);

	return r < 0 ? r : output_finish(&o, b, e);
}

static int output_check(const char *path, const char *what, output_is_own *own, struct err *e)
{
	_cleanup_(output_close) struct output o = OUTPUT_INIT;

	return output_open(path, what, own, &o, e);
}

static void holds(const char *path, const char *want)
{
	char line[32] = "";

	CHECK_INT(file_read_line(AT_FDCWD, path, line, sizeof(line)), 0);
	CHECK_STR(line, want);
}

static size_t entries(void)
{
	_cleanup_closedir_ DIR *d = opendir(".");
	size_t n = 0;

	while (d && readdir(d))
		n++;
	return n;
}

static void put(const char *path, const char *line)
{
	CHECK_INT(file_replace(AT_FDCWD, path, line, strlen(line), 0600), 0);
}

/* An earlier output: "result" or what these tests put there before. */
static bool is_own(int fd)
{
	return output_begins(fd, "result\n") || output_begins(fd, "old");
}

static void new_file_then_again(void)
{
	struct err e = { 0 };
	struct stat st;
	mode_t mask = umask(027);

	CHECK_INT(output_write("new", &result, "it", is_own, &e), 0);
	umask(mask);
	holds("new", "result");
	CHECK_INT(stat("new", &st), 0);
	CHECK_INT(st.st_mode & 07777, 0640);
	put("new", "old");
	CHECK_INT(output_write("new", &result, "it", is_own, &e), 0);
	holds("new", "result");
}

/* All files are one user's there, so nobody else may set modes. */
static void where_no_mode_can_be_set(void)
{
	struct err e = { 0 };

	lacks = NO_TMPFILE | NO_LINK | NO_MODES;
	CHECK_INT(output_write("new", &result, "it", is_own, &e), 0);
	CHECK_STR(e.text, "");
	lacks = 0;
	holds("new", "result");
}

/* A log of another run's is not emptied, whatever locks its file system has. */
static void one_run_has_a_log(void)
{
	for (unsigned int locks = 0; locks <= BYTE_LOCKS; locks += BYTE_LOCKS) {
		_cleanup_close_ int a = -1, b = -1, reader = -1;
		char line[8] = "";

		lacks = locks;
		put("log", "old");
		a = open("log", O_RDWR | O_CLOEXEC);
		b = open("log", O_RDWR | O_CLOEXEC);
		CHECK_INT(output_take_over(a, is_own), 0);
		CHECK_INT(pwrite(a, "mine\n", 5, 0), 5);
		CHECK_INT(output_take_over(b, is_own), -EBUSY);
		reader = open("log", O_RDONLY | O_CLOEXEC);
		CHECK_INT(pread(reader, line, sizeof(line) - 1, 0), 5);
		lacks = 0;
		holds("log", "mine");
	}
	CHECK_INT(unlink("log"), 0);
}

static void put_theirs(void)
{
	_cleanup_close_ int fd = open("theirs", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	CHECK_INT(write(fd, "theirs", 6), 6);
}

static void put_old(void)
{
	put("quick", "old");
}

/* Written by somebody else between the look at it and the lock, or the rename. */
static void what_comes_meanwhile_stays(void)
{
	_cleanup_close_ int fd = open("theirs", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct err e = { 0 };

	meanwhile = put_theirs;
	CHECK_INT(output_take_over(fd, is_own), -EEXIST);
	holds("theirs", "theirs");
	for (unsigned int i = 0; i < ARRAY_SIZE(lesser); i++) {
		lacks = lesser[i].lacks;
		CHECK_INT(unlink("theirs"), 0);
		meanwhile = put_theirs;
		CHECK_INT(output_write("theirs", &result, "it", is_own, &e), -EEXIST);
		CHECK_HAS(e.text, "it holds something else, and is left as it was");
		CHECK_INT(faccessat(AT_FDCWD, "theirs", F_OK, 0), 0);
		lacks = 0;
		holds("theirs", "theirs");
	}
	/* An output of another command's is replaced. */
	meanwhile = put_old;
	CHECK_INT(output_write("quick", &result, "it", is_own, &e), 0);
	holds("quick", "result");
}

/* What lies beside the file is another's, whatever it is called. */
static void neighbours_stay(void)
{
	struct err e = { 0 };

	put("file.tmp", "precious");
	CHECK_INT(output_write("file", &result, "it", is_own, &e), 0);
	holds("file.tmp", "precious");
}

static void no_link_is_followed(void)
{
	struct err e = { 0 };
	struct stat st;

	put("target", "old");
	CHECK_INT(symlink("target", "link"), 0);
	CHECK_INT(output_write("link", &result, "it", is_own, &e), -ELOOP);
	CHECK_STR(e.text, "cannot write it to link: a link leads there, and a guest may have made "
			  "it; name the file itself");
	CHECK_INT(lstat("link", &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	holds("target", "old");
	CHECK_INT(symlink("nowhere", "dangling"), 0);
	CHECK_INT(output_write("dangling", &result, "it", is_own, &e), -ELOOP);
	CHECK_INT(symlink(".", "folder"), 0);
	CHECK_INT(output_write("folder/target", &result, "it", is_own, &e), -ELOOP);
	holds("target", "old");
	CHECK_INT(unlink("dangling") + unlink("folder") + unlink("link") + unlink("target"), 0);
}

/* What a guest does between the start of a run and its end. */
static void a_later_link_is_not_followed(void)
{
	struct err e = { 0 };
	struct stat st;

	for (int attack = 0; attack < 3; attack++) {
		_cleanup_(output_close) struct output o = OUTPUT_INIT;

		put("secret", "old secret");
		CHECK_INT(mkdir("shared", 0700) | mkdir("elsewhere", 0700), 0);
		CHECK_INT(output_open("shared/plot", "it", is_own, &o, &e), 0);
		if (attack == 0) {
			CHECK_INT(symlink("../secret", "shared/plot"), 0);
			CHECK_INT(output_finish(&o, &result, &e), -ELOOP);
			CHECK_INT(lstat("shared/plot", &st), 0);
			CHECK(S_ISLNK(st.st_mode));
		} else if (attack == 1) {
			CHECK_INT(rename("shared", "moved"), 0);
			CHECK_INT(symlink("elsewhere", "shared"), 0);
			CHECK_INT(output_finish(&o, &result, &e), 0);
			holds("moved/plot", "result");
		} else {
			CHECK_INT(mkfifo("shared/plot", 0600), 0);
			CHECK_INT(output_finish(&o, &result, &e), -EEXIST);
		}
		holds("secret", "old secret");
		CHECK_INT(rmdir("elsewhere"), 0); /* nothing was made there */
		folder_remove("shared");
		folder_remove("moved");
		CHECK_INT(unlink("secret"), 0);
	}
}

/* A descriptor of the caller's is written to, whatever file it is. */
static void a_descriptor(void)
{
	_cleanup_close_ int fd = open("opened", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct err e = { 0 };
	char path[32], line[16] = "";

	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	CHECK_INT(output_write(path, &result, "it", is_own, &e), 0);
	CHECK_INT(pread(fd, line, sizeof(line) - 1, 0), (ssize_t)result.len);
	CHECK_STR(line, text);
	CHECK_INT(ftruncate(fd, 0) | (int)pwrite(fd, "theirs", 6, 0), 6);
	CHECK_INT(output_write(path, &result, "it", is_own, &e), -EEXIST);
	holds("opened", "theirs");
}

/* As root a /dev/null that was replaced by a file would hurt every program of the host. */
static void what_is_no_file_stays(void)
{
	struct err e = { 0 };
	struct stat st;
	char line[32] = "";
	int reader;

	CHECK_INT(mkfifo("pipe", 0600), 0);
	reader = open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CHECK_INT(output_write("pipe", &result, "it", is_own, &e), 0);
	CHECK_INT(read(reader, line, sizeof(line) - 1), (ssize_t)result.len);
	CHECK_STR(line, text);
	close(reader);
	CHECK_INT(lstat("pipe", &st), 0);
	CHECK(S_ISFIFO(st.st_mode));
}

/* With a run's signals, which are blocked. The alarm of main ends a wait that would have no end. */
static void no_wait_without_end(void)
{
	_cleanup_buf_ struct buf much = { 0 };
	struct err e = { 0 };
	sigset_t term;
	pid_t reader;
	int fd, status;

	CHECK_INT(mkfifo("fifo", 0600), 0);
	CHECK_INT(output_write("fifo", &result, "it", is_own, &e), -ENXIO);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_STR(e.text,
		  "cannot write it to fifo: nobody reads from this FIFO; start its reader first");
	fd = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CHECK_INT(buf_reserve(&much, 1 << 20), 0);
	memset(much.data, 'x', 1 << 20);
	much.len = 1 << 20;
	reader = fork();
	if (reader == 0) {
		while (much.len > 0) {
			ssize_t n = read(fd, much.data, much.len < 9999 ? much.len : 9999);

			much.len -= n > 0 ? (size_t)n : 0;
		}
		_exit(0);
	}
	CHECK_INT(output_write("fifo", &much, "it", is_own, &e), 0); /* all of it, by and by */
	CHECK_INT(waitpid(reader, &status, 0), reader);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	raise(SIGTERM);
	CHECK_INT(output_write("fifo", &much, "it", is_own, &e), -EINTR); /* it does not read */
	sigtimedwait(&term, NULL, &(struct timespec){ 0 });
	sigprocmask(SIG_UNBLOCK, &term, NULL);
	close(fd);
	CHECK_INT(unlink("fifo"), 0);
}

static void failures_leave_nothing(void)
{
	size_t before = entries();
	struct err e = { 0 };

	CHECK_INT(output_write("no-such/file", &result, "it", is_own, &e), -ENOENT);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_STR(e.text, "cannot write it to no-such/file: No such file or directory");
	CHECK_INT(output_write("/dev/full", &result, "it", is_own, &e), -ENOSPC);
	CHECK_INT(output_write(".", &result, "it", is_own, &e), -EISDIR);
	CHECK_INT(entries(), before);
}

/* Of every kind: replaced, looked at before, and taken over while a run lasts. */
static void what_is_something_else_stays(void)
{
	_cleanup_close_ int fd = -1;
	struct err e = { 0 };

	put("image", "QFI");
	CHECK_INT(output_write("image", &result, "it", is_own, &e), -EEXIST);
	CHECK_HAS(e.text,
		  "cannot write it to image: it holds something else, and is left as it was; ");
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_INT(output_check("image", "it", is_own, &e), -EEXIST);
	fd = open("image", O_WRONLY | O_CLOEXEC);
	CHECK_INT(output_take_over(fd, is_own), -EEXIST);
	holds("image", "QFI");
	put("image", "");
	CHECK_INT(output_check("image", "it", is_own, &e), 0);
	CHECK_INT(output_write("image", &result, "it", is_own, &e), 0);
	CHECK_INT(output_check("image", "it", is_own, &e), 0);
	holds("image", "result");
	cleanup_close(&fd);
	fd = open("image", O_WRONLY | O_CLOEXEC);
	CHECK_INT(output_take_over(fd, is_own), 0);
	CHECK_INT(lseek(fd, 0, SEEK_END), 0);
	CHECK_INT(unlink("image"), 0);
}

int main(void)
{
	char top[PATH_MAX];
	struct err e = { 0 };

	if (folder_make(top, &e) < 0 || chdir(top) < 0) {
		printf("# %s\n", e.text);
		return 1;
	}
	RUN(new_file_then_again);
	RUN(where_no_mode_can_be_set);
	RUN(one_run_has_a_log);
	RUN(what_comes_meanwhile_stays);
	RUN(neighbours_stay);
	RUN(what_is_something_else_stays);
	RUN(no_link_is_followed);
	RUN(a_later_link_is_not_followed);
	RUN(a_descriptor);
	RUN(what_is_no_file_stays);
	alarm(30);
	RUN(no_wait_without_end);
	RUN(failures_leave_nothing);
	folder_remove(top);
	TEST_END();
}
