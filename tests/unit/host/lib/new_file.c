/* SPDX-License-Identifier: MIT */
/* new_file.c - tests of files that get their name when they are complete, on all kinds of file
 * systems */
#include "host/lib/new_file.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "host/lib/lock.h"
#include "init/lib/file.h"
#include "tests/lib/lesser_fs.h"
#include "tests/lib/test.h"

static const char *top;
static int dir;

static void holds(const char *name, const char *want)
{
	char line[32] = "";

	CHECK_INT(file_read_line(dir, name, line, sizeof(line)), 0);
	CHECK_STR(line, want);
}

static size_t names(void)
{
	_cleanup_closedir_ DIR *d = opendir(top);
	const struct dirent *entry;
	size_t n = 0;

	/* NFS calls an open file that has lost its name .nfsN until it is closed. */
	while (d && (entry = readdir(d)))
		n += !str_eq(entry->d_name, ".") && !str_eq(entry->d_name, "..") &&
		     !str_after(entry->d_name, ".nfs");
	return n;
}

static void named_when_complete(void)
{
	_cleanup_(new_file_close) struct new_file f = NEW_FILE_INIT;

	CHECK_INT(new_file_open(AT_FDCWD, top, "a.new-", 0644, &f), 0);
	CHECK_INT(write(f.fd, "mine\n", 5), 5);
	CHECK_INT(faccessat(dir, "a", F_OK, 0), -1);
	CHECK_INT(names(), f.tmp[0] ? 1 : 0);
	CHECK(!(lacks & NO_TMPFILE) || f.tmp[0]);
	CHECK_INT(new_file_name(&f, "a"), 0);
	holds("a", "mine");
	CHECK_INT(names(), 1);
}

static void never_replaces(void)
{
	struct new_file f = NEW_FILE_INIT;

	CHECK_INT(new_file_open(dir, ".", "a.new-", 0644, &f), 0);
	CHECK_INT(new_file_name(&f, "a"), -EEXIST);
	new_file_close(&f);
	holds("a", "mine");
	if (symlinkat("nowhere", dir, "b") == 0) { /* not on FAT */
		CHECK_INT(new_file_rename(dir, "a", "b"), -EEXIST);
		CHECK_INT(unlinkat(dir, "b", 0), 0);
	}
	CHECK_INT(new_file_rename(dir, "a", "b"), 0);
	CHECK_INT(new_file_rename(dir, "a", "c"), -ENOENT);
	holds("b", "mine");
	CHECK_INT(names(), 1);
}

static void replaces_when_complete(void)
{
	_cleanup_(new_file_close) struct new_file f = NEW_FILE_INIT;

	CHECK_INT(new_file_open(dir, ".", "b.new-", 0644, &f), 0);
	CHECK_INT(write(f.fd, "newer\n", 6), 6);
	holds("b", "mine");
	CHECK_INT(new_file_replace(&f, "b.new-", "b"), 0);
	holds("b", "newer");
	CHECK_INT(names(), 1);
}

static void without_a_name(void)
{
	struct new_file f = NEW_FILE_INIT;

	CHECK_INT(new_file_open(dir, ".", "c.new-", 0600, &f), 0);
	new_file_forget(&f);
	CHECK_INT(write(f.fd, "x", 1), 1);
	CHECK_INT(names(), 1);
	new_file_close(&f);
	CHECK_INT(new_file_open(AT_FDCWD, "/nonexistent", "c", 0600, &f), -ENOENT);
	new_file_close(&f);
}

/* By a process of another PID namespace that has our number; and the longest of names. */
static void names_that_are_taken(void)
{
	_cleanup_close_ int theirs = -1;
	struct new_file f = NEW_FILE_INIT;
	char taken[64], name[256];

	memset(name, 'n', 255);
	name[255] = '\0';
	snprintf(taken, sizeof(taken), "d.new-%d", (int)getpid());
	CHECK_INT(file_replace(dir, taken, "theirs\n", 7, 0600), 0);
	theirs = openat(dir, taken, O_RDWR | O_CLOEXEC);
	CHECK_INT(lock_file(theirs, false), 0);
	CHECK_INT(new_file_open(dir, ".", "d.new-", 0600, &f), 0);
	CHECK_INT(new_file_name(&f, "d"), 0);
	new_file_close(&f);
	holds(taken, "theirs");
	CHECK_INT(new_file_open(dir, ".", name, 0600, &f), 0);
	CHECK_INT(new_file_name(&f, name), 0);
	new_file_close(&f);
	CHECK_INT(names(), 4);
}

/* What a killed writer leaves goes with the next writer of the same file, and nothing else does. */
static void killed_writer(void)
{
	static const char *const users[] = { "e.new-", "e.new-1x", "e.new", "e.new-mine" };
	struct new_file living = NEW_FILE_INIT, f = NEW_FILE_INIT;
	const size_t before = names();
	pid_t pid;

	for (size_t i = 0; i < ARRAY_SIZE(users); i++)
		CHECK_INT(file_replace(dir, users[i], "x", 1, 0600), 0);
	CHECK_INT(new_file_open(dir, ".", "e.new-", 0600, &living), 0);
	CHECK(!living.tmp[0] || new_file_writer(dir, living.tmp) == 1);
	pid = fork();
	if (pid == 0) {
		if (new_file_open(dir, ".", "e.new-", 0600, &f) == 0)
			kill(getpid(), SIGKILL);
		_exit(0);
	}
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	CHECK_INT(names(), before + ARRAY_SIZE(users) + (living.tmp[0] ? 2 : 0));
	CHECK_INT(new_file_open(dir, ".", "e.new-", 0600, &f), 0);
	CHECK_INT(names(), before + ARRAY_SIZE(users) + (living.tmp[0] ? 2 : 0));
	CHECK(!living.tmp[0] || faccessat(dir, living.tmp, F_OK, 0) == 0);
	new_file_close(&f);
	new_file_close(&living);
	CHECK_INT(names(), before + ARRAY_SIZE(users));
	CHECK_INT(new_file_writer(dir, "e.new"), 0);
	CHECK_INT(new_file_writer(dir, "nothing"), -ENOENT);
}

static void tests(const char *folder)
{
	top = folder;
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	RUN(named_when_complete);
	RUN(never_replaces);
	RUN(replaces_when_complete);
	RUN(without_a_name);
	RUN(names_that_are_taken);
	RUN(killed_writer);
	close(dir);
}

int main(int argc, char **argv)
{
	(void)argv;
	lesser_run(argc, tests);
	TEST_END();
}
