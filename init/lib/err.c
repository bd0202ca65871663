/* SPDX-License-Identifier: MIT */
/* err.c - filling struct err */
#include "init/lib/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Formats into a second buffer, as e->text may be an argument: "on /dev/vda: %s". */
static int fill(struct err *e, int num, const char *fmt, va_list ap)
{
	char text[sizeof(e->text)];

	if (num < 0)
		num = -num;
	e->num = num;
	e->exit_status = 0;
	vsnprintf(text, sizeof(text), fmt, ap);
	memcpy(e->text, text, strlen(text) + 1);
	return -num;
}

int err_set(struct err *e, int num, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = fill(e, num, fmt, ap);
	va_end(ap);
	return r;
}

int err_sys(struct err *e, int num, const char *fmt, ...)
{
	va_list ap;
	size_t n;
	int r;

	va_start(ap, fmt);
	r = fill(e, num, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof(e->text) - n, ": %s", strerror(e->num));
	return r;
}

int err_exit(struct err *e, int exit_status, int num, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = fill(e, num, fmt, ap);
	va_end(ap);
	e->exit_status = exit_status;
	return r;
}
