/* SPDX-License-Identifier: MIT */
/* shared_dirs.c - tests of the copy of the host's certificates that all runs share */
#include "host/run/shared_dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "init/lib/file.h"
#include "tests/lib/clock.h"
#include "tests/lib/test.h"

#define FOLDER "storeboot/certs"
#define COPY FOLDER "/ca-certificates.crt"

static char top[PATH_MAX];
static int dir;

static void put(const char *name, const char *text)
{
	CHECK_INT(file_replace(dir, name, text, strlen(text), 0644), 0);
}

static int take(void)
{
	_cleanup_strv_ struct strv folders = { 0 };
	char make[PATH_MAX] = "";
	struct err e = { 0 };
	int r = exchange_folders(&folders, make, &e) ?: exchange_certs(&folders, &e);

	if (r < 0)
		printf("# %s\n", e.text);
	return r;
}

static void holds(const char *want)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct stat st;

	CHECK_INT(file_read(dir, COPY, 4096, &b), 0);
	CHECK_STR(b.data, want);
	CHECK_INT(fstatat(dir, COPY, &st, 0), 0);
	CHECK_INT(st.st_mode & 07777, 0644);
}

static ino_t number(void)
{
	struct stat st;

	CHECK_INT(fstatat(dir, COPY, &st, 0), 0);
	return st.st_ino;
}

static void the_same_is_not_written_again(void)
{
	ino_t first;

	put("ca", "one\n");
	CHECK_INT(take(), 0);
	holds("one\n");
	first = number();
	CHECK_INT(take(), 0);
	CHECK(number() == first);
	put("ca", "two\n");
	CHECK_INT(take(), 0);
	holds("two\n");
	CHECK_INT(fchmodat(dir, COPY, 0600, 0), 0);
	CHECK_INT(take(), 0);
	holds("two\n");
	CHECK_INT(unlinkat(dir, COPY, 0), 0);
	CHECK_INT(symlinkat("/dev/null", dir, COPY), 0);
	CHECK_INT(take(), 0);
	holds("two\n");
}

/* Runs with certificates of their own each; all begin at once, and none knows of another. */
static void many_at_once(void)
{
	enum { RUNS = 8, ROUNDS = 30 };
	int status, ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	for (int i = 0; i < RUNS; i++) {
		char name[16], path[PATH_MAX], text[32], go;

		snprintf(name, sizeof(name), "ca-%d", i);
		snprintf(text, sizeof(text), "run %d\n", i);
		put(name, text);
		if (fork() > 0)
			continue;
		close(ends[1]);
		if (str_format(path, sizeof(path), "%s/%s", top, name) < 0 ||
		    setenv("NIX_SSL_CERT_FILE", path, 1) < 0 || read(ends[0], &go, 1) != 0)
			_exit(2);
		for (int k = 0; k < ROUNDS; k++)
			if (take() < 0) {
				fflush(stdout);
				_exit(1);
			}
		_exit(0);
	}
	close(ends[1]);
	close(ends[0]);
	for (int i = 0; i < RUNS; i++) {
		CHECK(wait(&status) > 0);
		CHECK_INT(status, 0);
	}
}

static void what_a_killed_run_left_goes(void)
{
	put(FOLDER "/left.tmp.1", "");
	put("ca", "three\n");
	CHECK_INT(take(), 0);
	holds("three\n");
	CHECK_INT(faccessat(dir, FOLDER "/left.tmp.1", F_OK, 0), 0); /* its writer may live */
	clock_ahead = 2 * 3600;
	put("ca", "four\n");
	CHECK_INT(take(), 0);
	holds("four\n");
	CHECK_INT(faccessat(dir, FOLDER "/left.tmp.1", F_OK, 0), -1);
	clock_ahead = 0;
}

/* A run that is refused later, --print-qemu and doctor come as far as that. */
static void xchg_is_not_made_before_the_run(void)
{
	_cleanup_strv_ struct strv folders = { 0 }, again = { 0 };
	char make[PATH_MAX] = "", none[PATH_MAX], want[PATH_MAX];
	struct err e = { 0 };

	CHECK_INT(setenv("USE_TMPDIR", "1", 1), 0);
	CHECK_INT(str_format(none, sizeof(none), "%s/none", top), 0);
	CHECK_INT(setenv("TMPDIR", none, 1), 0);
	CHECK_INT(exchange_folders(&folders, make, &e), -ENOENT);
	CHECK_INT(e.exit_status, EXIT_MISSING);
	CHECK_HAS(e.text, "none: No such file");
	CHECK_STR(make, "");
	CHECK(access(none, F_OK) < 0);
	CHECK_INT(setenv("TMPDIR", top, 1), 0);
	CHECK_INT(exchange_folders(&folders, make, &e), 0);
	CHECK_INT(str_format(want, sizeof(want), "%s/xchg", top), 0);
	CHECK_STR(make, want);
	CHECK_INT(faccessat(dir, "xchg", F_OK, 0), -1);
	CHECK_INT(exchange_make(make, &e), 1);
	CHECK_INT(exchange_make(make, &e), 0); /* another run was faster */
	CHECK_INT(faccessat(dir, "xchg", F_OK, 0), 0);
	make[0] = '\0';
	CHECK_INT(exchange_folders(&again, make, &e), 0);
	CHECK_STR(make, "");
	CHECK_INT(again.n, 1);
	CHECK_INT(exchange_make(make, &e), 0);
	unsetenv("USE_TMPDIR");
}

int main(void)
{
	char path[PATH_MAX];
	struct err e = { 0 };

	umask(022);
	unsetenv("SHARED_DIR");
	unsetenv("USE_TMPDIR");
	if (folder_make(top, &e) < 0 || str_format(path, sizeof(path), "%s/ca", top) < 0 ||
	    setenv("XDG_CACHE_HOME", top, 1) < 0 || setenv("NIX_SSL_CERT_FILE", path, 1) < 0 ||
	    (dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		printf("# %s\n", e.text);
		return 1;
	}
	RUN(the_same_is_not_written_again);
	RUN(many_at_once);
	RUN(what_a_killed_run_left_goes);
	RUN(xchg_is_not_made_before_the_run);
	folder_remove(top);
	TEST_END();
}
