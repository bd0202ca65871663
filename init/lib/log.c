/* SPDX-License-Identifier: MIT */
/* log.c - log lines, to one sink */
#include "init/lib/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init/lib/file.h"

static struct {
	int fd;
	bool kmsg;
	const char *prefix;
	enum log_level max;
	void (*before)(void);
	void (*clean)(char *line);
	bool raw;
} sink = { STDERR_FILENO, false, "storeboot", LOG_INFO, NULL, NULL, false };

void log_open(int fd, bool kmsg, const char *prefix, enum log_level max)
{
	sink.fd = fd;
	sink.kmsg = kmsg;
	sink.prefix = prefix;
	sink.max = max;
}

void log_before(void (*hook)(void))
{
	sink.before = hook;
}

void log_clean(void (*clean)(char *line))
{
	sink.clean = clean;
}

void log_raw(bool raw)
{
	sink.raw = raw;
}

/* Bytes that /dev/kmsg takes in one write(2); it rejects a longer line with EINVAL
 * (kernel/printk/printk.c: 1024 less a prefix of at most 48). */
#define KMSG_LINE_MAX 976

void log_line(enum log_level level, const char *fmt, ...)
{
	char line[1200]; /* fits the text of struct err and a prefix */
	size_t room = sink.kmsg ? KMSG_LINE_MAX : sizeof(line), n = 0;
	va_list ap;

	if (level > sink.max)
		return;
	if (sink.kmsg)
		n = (size_t)snprintf(line, sizeof(line), "<%d>", (int)level);
	n += (size_t)snprintf(line + n, sizeof(line) - n, "%s: ", sink.prefix);
	va_start(ap, fmt);
	vsnprintf(line + n, room - n - 1, fmt, ap);
	va_end(ap);
	if (sink.clean)
		sink.clean(line);
	n = strlen(line);
	if (sink.raw)
		line[n++] = '\r';
	line[n++] = '\n';
	if (sink.before)
		sink.before();
	if (sink.raw && file_write_all(sink.fd, "\r\n", 2) < 0)
		return;
	/* There is no place to report that the log cannot be written. */
	if (file_write_all(sink.fd, line, n) < 0)
		return;
}
