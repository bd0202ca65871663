/* SPDX-License-Identifier: MIT */
/* log.c - one line to one sink */
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
} sink = { STDERR_FILENO, false, "storeboot", LOG_INFO };

void log_open(int fd, bool kmsg, const char *prefix, enum log_level max)
{
	sink.fd = fd;
	sink.kmsg = kmsg;
	sink.prefix = prefix;
	sink.max = max;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char line[1200]; /* a text of struct err and its prefix */
	va_list ap;
	size_t n = 0;

	if (level > sink.max)
		return;
	if (sink.kmsg)
		n = (size_t)snprintf(line, sizeof(line), "<%d>", (int)level);
	n += (size_t)snprintf(line + n, sizeof(line) - n, "%s: ", sink.prefix);
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	n = strlen(line);
	line[n++] = '\n';
	/* A log that cannot be written has nowhere to say so. */
	if (file_write_all(sink.fd, line, n) < 0)
		return;
}
