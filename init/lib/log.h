/* SPDX-License-Identifier: MIT */
/* log.h - one line to one sink; only the step runner, fail and the host's main and run use it */
#ifndef STOREBOOT_LOG_H
#define STOREBOOT_LOG_H

#include <stdbool.h>

#include "init/lib/macro.h"

/* syslog(2)'s levels, as /dev/kmsg takes them. */
enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_INFO = 6, LOG_TRACE = 7 };

/*
 * Sends lines to fd (kept, not closed), each as "prefix: text". kmsg: fd is /dev/kmsg, which takes
 * the level in front and one record a write(2) (Documentation/ABI/testing/dev-kmsg). Lines above
 * max are dropped. Before the first call lines go to stderr at LOG_INFO with the prefix
 * "storeboot".
 */
void log_open(int fd, bool kmsg, const char *prefix, enum log_level max);

/* Calls hook before each line, for what must leave the terminal first. */
void log_before(void (*hook)(void));

/* raw: fd is a terminal in raw mode, and another program's cursor may be anywhere. Each line begins
 * on a line of its own and ends at the left. */
void log_raw(bool raw);

_printf_(2, 3) void log_line(enum log_level level, const char *fmt, ...);

/* As each line is before it is written to a terminal, which would obey the control characters in
 * what is quoted from the guest: they become "?". */
void log_disarm(char *line);

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_trace(...) log_line(LOG_TRACE, __VA_ARGS__)

#endif
