/* SPDX-License-Identifier: MIT */
/* console_log.c - tests of the bounded console log */
#include "host/vm/console_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/xattr.h>

#include "host/lib/exit.h"
#include "init/lib/file.h"
#include "init/lib/str.h"
#include "tests/lib/test.h"

#define LINE "line %07u of the guest's console output\n"
#define LINE_LEN 43

/* Beside this program: a memory file system has no user attributes before Linux 6.6. */
static char path[PATH_MAX];

/* Writes n numbered lines and reads back what is there after each: never more than max. */
static void fill(unsigned int n, uint64_t max, struct buf *ret, struct console_log *log)
{
	struct err e;

	CHECK_INT(console_log_open(log, path, max, &e), 0);
	for (unsigned int i = 0; i < n; i++) {
		char line[64];
		int len = snprintf(line, sizeof(line), LINE, i);

		CHECK_INT(len, LINE_LEN);
		console_log_add(log, line, (size_t)len);
		CHECK(log->len <= max && log->fd >= 0);
	}
	CHECK_INT(lseek(log->fd, 0, SEEK_END), (off_t)log->len);
	console_log_close(log);
	CHECK_INT(file_read(AT_FDCWD, path, 1 << 20, ret), 0);
}

static void a_short_one_is_whole(void)
{
	struct console_log log = CONSOLE_LOG_INIT;
	_cleanup_buf_ struct buf b = { 0 };

	fill(100, CONSOLE_LOG_MIN, &b, &log);
	CHECK_INT(b.len, 100 * LINE_LEN);
	CHECK_HAS(b.data, "line 0000099 ");
	CHECK_INT(log.left_out, 0);
}

static void a_long_one_keeps_both_ends(void)
{
	struct console_log log = CONSOLE_LOG_INIT;
	_cleanup_buf_ struct buf b = { 0 };
	uint64_t said = 0;
	char *p, *rest;

	fill(10000, CONSOLE_LOG_MIN, &b, &log);
	CHECK(strncmp(b.data, "line 0000000 ", 13) == 0);
	CHECK(str_ends(b.data, "line 0009999 of the guest's console output\n"));
	p = strstr(b.data, "\r\n[storeboot: ");
	CHECK(p && sscanf(p, "\r\n[storeboot: %" SCNu64, &said) == 1);
	CHECK_INT(p - b.data, CONSOLE_LOG_MIN / 2);
	CHECK(p && !strstr(p + 3, "[storeboot: "));
	rest = p ? strchr(p + 2, '\n') : NULL;
	/* What is there and what is left out is all there was. */
	CHECK_INT(said + (uint64_t)(p - b.data) + strlen(rest + 1), 10000 * LINE_LEN);
}

static int reopen(void)
{
	struct console_log log = CONSOLE_LOG_INIT;
	struct err e = { 0 };
	int r = console_log_open(&log, path, CONSOLE_LOG_MIN, &e);

	if (r < 0)
		CHECK_HAS(e.text, "it holds something else, and is left as it was");
	console_log_close(&log);
	return r;
}

#define PUT(text) put(text, sizeof(text) - 1)

static void put(const char *text, size_t len)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	CHECK_INT(file_write_all(fd, text, len), 0);
}

/* Its attribute stays with the file when something else is written into it. */
static void only_a_log_is_emptied(void)
{
	static const char first[] = "\r", more[] = "a guest that is quiet", image[] = "\rFI\373";
	struct console_log log = CONSOLE_LOG_INIT;
	struct err e = { 0 };

	PUT("");
	CHECK_INT(console_log_open(&log, path, CONSOLE_LOG_MIN, &e), 0);
	console_log_add(&log, first, 1);
	console_log_add(&log, more, sizeof(more) - 1);
	console_log_close(&log);
	CHECK_INT(reopen(), 0); /* and it is empty now */
	PUT(image);
	CHECK_INT(reopen(), -EEXIST);
	removexattr(path, "user.storeboot.console-log");
	CHECK_INT(reopen(), -EEXIST);
	PUT("[    0.0] Linux version 6.1.0\r\n[    0.1] Kernel command line: x "
	    "storeboot.report=/dev/y\r\n");
	CHECK_INT(reopen(), 0);
	PUT("How to read \"Linux version 6.1.0\", and what storeboot.report= is.\n");
	CHECK_INT(reopen(), -EEXIST);
	PUT("[    0.0] Linux version 6.1.0\n[    0.1] Kernel command line: root=/dev/sda1 quiet\n");
	CHECK_INT(reopen(), -EEXIST);
	PUT("\0Kernel command line: storeboot.report=x, a kernel's image");
	CHECK_INT(reopen(), -EEXIST);
	PUT("");
}

static void what_is_no_file(void)
{
	struct console_log log = CONSOLE_LOG_INIT;
	struct err e = { 0 };

	CHECK_INT(console_log_open(&log, "/nonexistent/x", CONSOLE_LOG_MIN, &e), -ENOENT);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_INT(console_log_open(&log, "/dev/full", CONSOLE_LOG_MIN, &e), 0);
	console_log_add(&log, "x", 1);
	CHECK_INT(log.fd, -1); /* told of, and left alone */
	console_log_add(&log, "x", 1);
}

static bool has_attributes(void)
{
	return setxattr(path, "user.storeboot.test", "", 0, 0) == 0 &&
	       removexattr(path, "user.storeboot.test") == 0;
}

int main(int argc, char **argv)
{
	int fd = argc > 0 && str_format(path, sizeof(path), "%s.XXXXXX", argv[0]) >= 0 ?
			 mkstemp(path) :
			 -1;

	if (fd < 0)
		return 1;
	close(fd);
	RUN(a_short_one_is_whole);
	RUN(a_long_one_keeps_both_ends);
	if (has_attributes())
		RUN(only_a_log_is_emptied);
	else
		SKIP("only_a_log_is_emptied",
		     "the build folder's file system has no user attributes");
	RUN(what_is_no_file);
	unlink(path);
	TEST_END();
}
