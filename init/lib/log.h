/* SPDX-License-Identifier: MIT */
/* log.h - log lines, to one sink */
#ifndef STOREBOOT_LOG_H
#define STOREBOOT_LOG_H

#include <stdbool.h>

#include "init/lib/macro.h"

/* The levels of syslog(2), as in /dev/kmsg. */
enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_INFO = 6, LOG_TRACE = 7 };

/* Sends each line to fd as "prefix: text"; never closes fd. kmsg: fd is /dev/kmsg, which takes one
 * record per write(2), beginning with its level (Documentation/ABI/testing/dev-kmsg). Drops lines
 * above max. Before the first call, lines up to LOG_INFO go to stderr with the prefix
 * "storeboot". */
void log_open(int fd, bool kmsg, const char *prefix, enum log_level max);

/* Calls hook before each line, to clear a progress display. */
void log_before(void (*hook)(void));

/* Passes each line to clean, which changes it in place so that it cannot control a terminal. For
 * /dev/kmsg none is needed: the kernel escapes control characters. */
void log_clean(void (*clean)(char *line));

/* raw: fd is a terminal in raw mode, and another program's cursor may be in any column. Each log
 * line then starts on a new line and returns the cursor to the left. */
void log_raw(bool raw);

_printf_(2, 3) void log_line(enum log_level level, const char *fmt, ...);

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_trace(...) log_line(LOG_TRACE, __VA_ARGS__)

#endif
