/* SPDX-License-Identifier: MIT */
/* folder.c - tests of the private folder and its keeper */
#include "host/folder.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/lib/test.h"

static char top[PATH_MAX];

static void is_private_and_goes(void)
{
	char path[PATH_MAX], name[PATH_MAX + 16];
	struct err e = { 0 };
	struct stat st;

	CHECK_INT(setenv("TMPDIR", top, 1), 0);
	CHECK_INT(folder_make(path, &e), 0);
	CHECK(strncmp(path, top, strlen(top)) == 0);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0700);
	CHECK_INT(folder_write(path, "a", "text", 4, &e), 0);
	CHECK_INT(folder_write(path, "a", "text", 4, &e), -EEXIST);
	snprintf(name, sizeof(name), "%s/d", path);
	CHECK_INT(mkdir(name, 0700), 0);
	CHECK_INT(folder_write(name, "b", "", 0, &e), 0);
	/* A link out of it is removed, what it points to is not. */
	snprintf(name, sizeof(name), "%s/out", path);
	CHECK_INT(symlink(top, name), 0);
	folder_remove(path);
	CHECK(stat(path, &st) < 0 && errno == ENOENT);
	CHECK_INT(stat(top, &st), 0);
}

static void foreign_runtime_folder_is_not_used(void)
{
	char path[PATH_MAX];
	struct err e = { 0 };

	CHECK_INT(setenv("TMPDIR", top, 1), 0);
	CHECK_INT(setenv("XDG_RUNTIME_DIR", "/tmp", 1), 0);
	CHECK_INT(folder_make(path, &e), 0);
	CHECK(strncmp(path, top, strlen(top)) == 0);
	folder_remove(path);
	unsetenv("XDG_RUNTIME_DIR");
}

/* A launcher that is killed: its child tells the keeper's pid and waits. Returns that pid. */
static pid_t killed_launcher(const char *folder)
{
	int ends[2];
	pid_t launcher, keeper = 0;

	CHECK_INT(pipe(ends), 0);
	launcher = fork();
	if (launcher == 0) {
		struct keeper k = KEEPER_INIT;
		struct err e = { 0 };

		if (keeper_start(&k, folder, -1, NULL, &e) == 0 &&
		    write(ends[1], &k.pid, sizeof(k.pid)) > 0)
			pause();
		_exit(1);
	}
	CHECK_INT(read(ends[0], &keeper, sizeof(keeper)), sizeof(keeper));
	kill(launcher, SIGKILL);
	CHECK_INT(waitpid(launcher, NULL, 0), launcher);
	close(ends[0]);
	close(ends[1]);
	return keeper;
}

static void keeper_clears_up(void)
{
	char path[PATH_MAX];
	struct err e = { 0 };
	struct stat st;
	bool gone = false;

	CHECK_INT(folder_make(path, &e), 0);
	CHECK(killed_launcher(path) > 0);
	for (int i = 0; i < 500 && !gone; i++) { /* it is no child of ours to wait for */
		gone = stat(path, &st) < 0;
		usleep(10000);
	}
	CHECK(gone);
}

static void dismissed_keeper_touches_nothing(void)
{
	struct keeper k = KEEPER_INIT;
	char path[PATH_MAX];
	struct err e = { 0 };
	struct stat st;

	CHECK_INT(folder_make(path, &e), 0);
	CHECK_INT(keeper_start(&k, path, -1, NULL, &e), 0);
	keeper_stop(&k);
	CHECK_INT(stat(path, &st), 0);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	folder_remove(path);
}

int main(void)
{
	struct err e = { 0 };

	unsetenv("XDG_RUNTIME_DIR");
	if (folder_make(top, &e) < 0) {
		printf("# %s\n", e.text);
		return 1;
	}
	RUN(is_private_and_goes);
	RUN(foreign_runtime_folder_is_not_used);
	RUN(keeper_clears_up);
	RUN(dismissed_keeper_touches_nothing);
	folder_remove(top);
	TEST_END();
}
