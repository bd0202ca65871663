/* SPDX-License-Identifier: MIT */
/* file.c - tests of whole files in a temporary folder */
#include "init/lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/test.h"

static char top[] = "/tmp/storeboot-file-XXXXXX";
static int dir;

static bool content_is(const char *path, const void *want, size_t len)
{
	_cleanup_buf_ struct buf b = { 0 };

	return file_read(dir, path, 1 << 20, &b) == 0 && b.len == len &&
	       memcmp(b.data, want, len) == 0;
}

/* The name under which file_replace writes. */
static const char *tmp_of(const char *path)
{
	static char tmp[64];

	snprintf(tmp, sizeof(tmp), "%s.tmp.%d", path, (int)getpid());
	return tmp;
}

static void replace_and_read_back(void)
{
	struct stat st;

	umask(022);
	CHECK_INT(file_replace(dir, "f", "one\0two", 7, 0640), 0);
	CHECK(content_is("f", "one\0two", 7));
	CHECK_INT(fstatat(dir, "f", &st, 0), 0);
	CHECK_INT(st.st_mode & 07777, 0640);
	CHECK_INT(file_replace(dir, "f", "", 0, 0600), 0);
	CHECK(content_is("f", "", 0));
	CHECK(faccessat(dir, tmp_of("f"), F_OK, 0) < 0);
}

static void replace_that_fails_leaves_the_old(void)
{
	CHECK_INT(file_replace(dir, "keep", "old", 3, 0644), 0);
	CHECK_INT(mkdirat(dir, tmp_of("keep"), 0755), 0); /* the new one cannot be made */
	CHECK(file_replace(dir, "keep", "new", 3, 0644) < 0);
	CHECK(content_is("keep", "old", 3));
	CHECK_INT(unlinkat(dir, tmp_of("keep"), AT_REMOVEDIR), 0);
	CHECK_INT(file_replace(dir, "none/f", "x", 1, 0644), -ENOENT);
	CHECK_INT(mkdirat(dir, "folder", 0755), 0);
	CHECK_INT(file_replace(dir, "folder", "x", 1, 0644), -EISDIR);
	CHECK(faccessat(dir, tmp_of("folder"), F_OK, 0) < 0);
}

static void a_leftover_of_a_cut_run_does_no_harm(void)
{
	struct stat st;

	CHECK_INT(file_replace(dir, "other", "other", 5, 0644), 0);
	CHECK_INT(symlinkat("other", dir, tmp_of("g")), 0);
	CHECK_INT(file_replace(dir, "g", "g", 1, 0600), 0);
	CHECK(content_is("other", "other", 5));
	CHECK_INT(linkat(dir, "other", dir, tmp_of("h"), 0), 0);
	CHECK_INT(file_replace(dir, "h", "h", 1, 0600), 0);
	CHECK(content_is("other", "other", 5));
	CHECK_INT(fstatat(dir, "h", &st, 0), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
}

/* Each has content of its own, and what is there is always one of them, whole. */
static void many_replace_one_file(void)
{
	enum { WRITERS = 4, ROUNDS = 50 };
	static char data[WRITERS][100000];
	int status;

	memset(data[0], 'a', sizeof(data[0]));
	CHECK_INT(file_replace(dir, "many", data[0], sizeof(data[0]), 0644), 0);
	for (int i = 0; i < WRITERS; i++) {
		memset(data[i], 'a' + i, sizeof(data[i]));
		if (fork() > 0)
			continue;
		for (int k = 0; k < ROUNDS; k++) {
			_cleanup_buf_ struct buf b = { 0 };

			if (file_replace(dir, "many", data[i], sizeof(data[i]), 0644) < 0)
				_exit(1);
			if (file_read(dir, "many", 1 << 20, &b) < 0 || b.len != sizeof(data[i]) ||
			    memcmp(b.data, b.data + 1, b.len - 1) != 0)
				_exit(2);
		}
		_exit(0);
	}
	for (int i = 0; i < WRITERS; i++) {
		CHECK(wait(&status) > 0);
		CHECK_INT(status, 0);
	}
}

static void read_has_a_limit(void)
{
	_cleanup_buf_ struct buf b = { 0 };
	char big[10000];

	memset(big, 'x', sizeof(big));
	CHECK_INT(file_replace(dir, "big", big, sizeof(big), 0644), 0);
	CHECK_INT(file_read(dir, "big", sizeof(big) - 1, &b), -EFBIG);
	buf_free(&b);
	CHECK_INT(buf_add(&b, "head ", 5), 0);
	CHECK_INT(file_read(dir, "big", sizeof(big), &b), 0);
	CHECK_INT(b.len, 5 + sizeof(big));
	CHECK(memcmp(b.data, "head xxx", 8) == 0);
	CHECK_INT(file_read(dir, "missing", 1, &b), -ENOENT);
	/* A file of /proc has size 0 and content. */
	buf_free(&b);
	CHECK_INT(file_read(AT_FDCWD, "/proc/self/status", 1 << 16, &b), 0);
	CHECK_HAS(b.data, "Pid:");
}

static void a_line_loses_one_newline(void)
{
	char line[8] = "left";

	CHECK_INT(file_replace(dir, "l", "1234567\n", 8, 0644), 0);
	CHECK_INT(file_read_line(dir, "l", line, sizeof(line)), 0);
	CHECK_STR(line, "1234567");
	CHECK_INT(file_replace(dir, "l", "a\n\n", 3, 0644), 0);
	CHECK_INT(file_read_line(dir, "l", line, sizeof(line)), 0);
	CHECK_STR(line, "a\n");
	CHECK_INT(file_replace(dir, "l", "", 0, 0644), 0);
	CHECK_INT(file_read_line(dir, "l", line, sizeof(line)), 0);
	CHECK_STR(line, "");
	strcpy(line, "left");
	CHECK_INT(file_replace(dir, "l", "12345678", 8, 0644), 0);
	CHECK_INT(file_read_line(dir, "l", line, sizeof(line)), -EFBIG);
	CHECK_STR(line, "left");
}

static void write_needs_the_file(void)
{
	CHECK_INT(file_write(dir, "new", "x", 1), -ENOENT);
	CHECK_INT(file_replace(dir, "w", "12345", 5, 0644), 0);
	CHECK_INT(file_write(dir, "w", "ab", 2), 0);
	CHECK(content_is("w", "ab345", 5));
	CHECK_INT(file_write(AT_FDCWD, "/dev/full", "x", 1), -ENOSPC);
}

static void pread_is_all_or_an_error(void)
{
	_cleanup_close_ int fd = -1;
	char b[4] = "";

	CHECK_INT(file_replace(dir, "p", "abcdef", 6, 0644), 0);
	fd = openat(dir, "p", O_RDONLY | O_CLOEXEC);
	CHECK_INT(file_pread_all(fd, b, 4, 2), 0);
	CHECK(memcmp(b, "cdef", 4) == 0);
	CHECK_INT(file_pread_all(fd, b, 4, 3), -EIO);
	CHECK_INT(file_pread_all(-1, b, 4, 0), -EBADF);
}

static void folders_in_a_row(void)
{
	struct stat st;

	CHECK_INT(file_mkdirs(dir, "a/b//c/", 0755), 0);
	CHECK_INT(fstatat(dir, "a/b/c", &st, 0), 0);
	CHECK(S_ISDIR(st.st_mode));
	CHECK_INT(file_mkdirs(dir, "a/b/c", 0755), 0);
	CHECK_INT(file_mkdirs(dir, "/", 0755), 0);
	CHECK_INT(file_mkdirs(dir, "", 0755), -ENOENT);
	CHECK_INT(file_replace(dir, "a/file", "", 0, 0644), 0);
	CHECK_INT(file_mkdirs(dir, "a/file", 0755), -ENOTDIR);
	CHECK_INT(file_mkdirs(dir, "a/file/x", 0755), -ENOTDIR);
	CHECK_INT(symlinkat("a/b", dir, "link"), 0);
	CHECK_INT(file_mkdirs(dir, "link/d", 0755), 0);
	CHECK_INT(fstatat(dir, "a/b/d", &st, 0), 0);
	CHECK_INT(symlinkat("nowhere", dir, "dangling"), 0);
	CHECK_INT(file_mkdirs(dir, "dangling", 0755), -ENOENT);
}

static void remove_top(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", top);
	CHECK_INT(system(command), 0);
}

int main(void)
{
	if (!mkdtemp(top) || (dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		perror(top);
		return 1;
	}
	RUN(replace_and_read_back);
	RUN(replace_that_fails_leaves_the_old);
	RUN(a_leftover_of_a_cut_run_does_no_harm);
	RUN(many_replace_one_file);
	RUN(read_has_a_limit);
	RUN(a_line_loses_one_newline);
	RUN(write_needs_the_file);
	RUN(pread_is_all_or_an_error);
	RUN(folders_in_a_row);
	RUN(remove_top);
	TEST_END();
}
