/* SPDX-License-Identifier: MIT */
/*
 * console_log.c - the guest's console output in a file of limited size
 *
 * Theory of operation: the first half of the file is the beginning of the output, which shows what
 * was booted; it is never changed again. The second half takes further output. When the file is
 * full, its last quarter moves to the start of the second half, after a line that reports how much
 * was left out. So each byte moves at most once for each quarter of max that is written, and a
 * reader sees a whole log at any time except during that move.
 */
#include "host/vm/console_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "host/lib/exit.h"
#include "host/lib/output.h"
#include "host/terminal/terminal.h"
#include "init/lib/file.h"
#include "init/lib/log.h"

/* Console output can look like anything, so an attribute records how the log began. */
#define MARK_XATTR "user.storeboot.console-log"
#define BEGIN_SIZE 65536 /* bytes searched in a log without a mark */

static void set_mark(struct console_log *log, const char *data, size_t len)
{
	const size_t room = sizeof(log->mark) - log->mark_len, n = len < room ? len : room;

	if (n == 0 || !log->bounded)
		return;
	memcpy(log->mark + log->mark_len, data, n);
	log->mark_len += n;
	if (fsetxattr(log->fd, MARK_XATTR, log->mark, log->mark_len, 0) < 0)
		log_trace("--console-log: %s", strerror(errno));
}

/* The attribute alone is no proof: it stays when something else is written to the file. */
static bool has_mark(int fd)
{
	char mark[CONSOLE_LOG_MARK], begin[CONSOLE_LOG_MARK];
	ssize_t n = fgetxattr(fd, MARK_XATTR, mark, sizeof(mark));

	return n > 0 && file_pread_all(fd, begin, (size_t)n, 0) == 0 &&
	       memcmp(mark, begin, (size_t)n) == 0;
}

/* If there are no attributes, or the log is older than the mark: text in which a kernel prints its
 * command line (init/main.c) with a parameter of storeboot. */
static bool has_command_line(int fd)
{
	static const char line[] = "Kernel command line: ", param[] = " storeboot.";
	_cleanup_free_ char *text = malloc(BEGIN_SIZE);
	ssize_t n = text ? pread(fd, text, BEGIN_SIZE, 0) : -1;
	const char *at = n > 0 && !memchr(text, '\0', (size_t)n) ?
				 memmem(text, (size_t)n, line, sizeof(line) - 1) :
				 NULL;

	return at && memmem(at, (size_t)(text + n - at), param, sizeof(param) - 1);
}

static bool is_console_log(int fd)
{
	return has_mark(fd) || has_command_line(fd);
}

int console_log_open(struct console_log *log, const char *path, uint64_t max, struct err *e)
{
	struct stat st;
	int r;

	log->max = max;
	/* Also for reading: shorten reads back what it keeps. */
	r = place_open_path(path, O_RDWR | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0600);
	log->fd = r < 0 ? -1 : r;
	if (r >= 0 && fstat(log->fd, &st) < 0)
		r = -errno;
	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "--console-log %s: %s", path,
				output_why(path, -r));
	log->bounded = S_ISREG(st.st_mode);
	r = output_take_over(log->fd, is_console_log);
	return r < 0 ? err_exit(e, r == -EBUSY ? EXIT_IN_USE : EXIT_BAD_INPUT, r,
				"--console-log %s: %s", path, output_why(path, -r)) :
		       0;
}

void console_log_close(struct console_log *log)
{
	cleanup_close(&log->fd);
	log->fd = -1;
}

static int move(int fd, uint64_t from, uint64_t to, uint64_t len)
{
	char data[65536];

	while (len > 0) {
		size_t n = len < sizeof(data) ? (size_t)len : sizeof(data);
		int r = file_pread_all(fd, data, n, (off_t)from);

		if (r == 0 && lseek(fd, (off_t)to, SEEK_SET) < 0)
			r = -errno;
		if (r == 0)
			r = file_write_all(fd, data, n);
		if (r < 0)
			return r;
		from += n;
		to += n;
		len -= n;
	}
	return 0;
}

/* Leaves out the middle. */
static int shorten(struct console_log *log)
{
	uint64_t head = log->max / 2, keep = log->max / 4, from = log->len - keep;
	char line[96];
	int n, r;

	log->left_out += from - head - log->line_len; /* the previous line was not the guest's */
	n = snprintf(line, sizeof(line), "\r\n[storeboot: %" PRIu64 " bytes left out]\r\n",
		     log->left_out);
	if (lseek(log->fd, (off_t)head, SEEK_SET) < 0)
		return -errno;
	r = file_write_all(log->fd, line, (size_t)n);
	if (r == 0)
		r = move(log->fd, from, head + (uint64_t)n, keep);
	log->line_len = (uint64_t)n;
	log->len = head + (uint64_t)n + keep;
	if (r == 0 && ftruncate(log->fd, (off_t)log->len) < 0)
		r = -errno;
	if (r == 0 && lseek(log->fd, 0, SEEK_END) < 0)
		r = -errno;
	return r;
}

void console_log_add(struct console_log *log, const char *data, size_t len)
{
	int r = 0;

	if (log->fd < 0)
		return;
	if (log->bounded && log->len + len > log->max)
		r = shorten(log);
	set_mark(log, data, len);
	if (r == 0) /* the file may be a terminal */
		r = terminal_write(log->fd, log->filtered, &log->escapes, data, len);
	log->len += len;
	if (r == 0)
		return;
	log_warning("--console-log: %s; the log ends here", strerror(-r));
	console_log_close(log);
}
