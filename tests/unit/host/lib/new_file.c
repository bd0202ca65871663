/* SPDX-License-Identifier: MIT */
/* new_file.c - tests of files that get their name when they are complete, on all kinds of file systems */
#include "host/lib/new_file.h"

#include <stdio.h>

#include "host/lib/folder.h"
#include "init/lib/file.h"
#include "tests/lib/lesser_fs.h"
#include "tests/lib/test.h"

static char top[PATH_MAX];
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

/* A process with our number was killed; and the longest of names. */
static void names_that_are_taken(void)
{
	struct new_file f = NEW_FILE_INIT;
	char taken[64], name[256];

	memset(name, 'n', 255);
	name[255] = '\0';
	snprintf(taken, sizeof(taken), "d.new-%d", (int)getpid());
	CHECK_INT(file_replace(dir, taken, "theirs\n", 7, 0600), 0);
	CHECK_INT(new_file_open(dir, ".", "d.new-", 0600, &f), 0);
	CHECK_INT(new_file_name(&f, "d"), 0);
	new_file_close(&f);
	holds(taken, "theirs");
	CHECK_INT(new_file_open(dir, ".", name, 0600, &f), 0);
	CHECK_INT(new_file_name(&f, name), 0);
	new_file_close(&f);
	CHECK_INT(names(), 4);
}

static void on(const struct lesser *fs)
{
	struct err e = { 0 };

	if (folder_make(top, &e) < 0)
		CHECK_STR(e.text, "");
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	printf("# as on: %s\n", fs->name);
	lacks = fs->lacks;
	RUN(named_when_complete);
	RUN(never_replaces);
	RUN(without_a_name);
	RUN(names_that_are_taken);
	lacks = 0;
	close(dir);
	folder_remove(top);
}

int main(int argc, char **argv)
{
	(void)argv;
	for (size_t i = 0; i < lesser_count(argc); i++)
		on(&lesser[i]);
	TEST_END();
}
