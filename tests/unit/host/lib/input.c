/* SPDX-License-Identifier: MIT */
/* input.c - tests of reading what may be a pipe, or nothing that ever says a word */
#include "host/lib/input.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/lib/folder.h"
#include "init/lib/file.h"
#include "tests/lib/test.h"

static int take(const char *path, char *ret)
{
	_cleanup_buf_ struct buf b = { 0 };
	int r = input_read(path, 100, &b);

	ret[0] = '\0';
	if (r == 0 && b.len < 100)
		memcpy(ret, b.data, b.len + 1);
	return r;
}

static void files(void)
{
	char text[100];

	CHECK_INT(file_replace(AT_FDCWD, "file", "words", 5, 0600), 0);
	CHECK_INT(take("file", text), 0);
	CHECK_STR(text, "words");
	CHECK_INT(take("/dev/null", text), 0);
	CHECK_STR(text, "");
	CHECK_INT(take("none", text), -ENOENT);
	CHECK_INT(take(".", text), -EISDIR);
	CHECK_INT(take("/dev/zero", text), -EFBIG);
}

static void fifo_without_a_writer(void)
{
	char text[100];

	CHECK_INT(mkfifo("fifo", 0600), 0);
	CHECK_INT(take("fifo", text), -ENXIO);
	CHECK_STR(input_why("fifo", ENXIO), "nobody writes to this FIFO; start its writer first");
	CHECK_STR(input_why("fifo", EACCES), "Permission denied");
}

static void fifo_with_a_writer(void)
{
	const int fd = open("fifo", O_RDWR | O_CLOEXEC);
	char text[100];
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	raise(SIGTERM);
	CHECK_INT(take("fifo", text), -EINTR); /* it says nothing */
	sigtimedwait(&term, NULL, &(struct timespec){ 0 });
	sigprocmask(SIG_UNBLOCK, &term, NULL);
	if (fork() == 0) {
		usleep(300000);
		_exit(write(fd, "late", 4) == 4 ? 0 : 1);
	}
	close(fd);
	CHECK_INT(take("fifo", text), 0);
	CHECK_STR(text, "late");
}

/* What <(...) is, here with a writer that has ended. */
static void pipe_without_a_name(void)
{
	char path[64], text[100];
	int fds[2];

	CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
	CHECK_INT(write(fds[1], "said", 4), 4);
	close(fds[1]);
	CHECK_INT(take(path, text), 0);
	CHECK_STR(text, "said");
	CHECK_INT(take(path, text), 0); /* empty, as a file may be */
	CHECK_STR(text, "");
	close(fds[0]);
}

int main(void)
{
	char top[PATH_MAX];
	struct err e = { 0 };

	if (folder_make(top, &e) < 0 || chdir(top) < 0) {
		printf("# %s\n", e.text);
		return 1;
	}
	alarm(30);
	RUN(files);
	RUN(fifo_without_a_writer);
	RUN(fifo_with_a_writer);
	RUN(pipe_without_a_name);
	folder_remove(top);
	TEST_END();
}
