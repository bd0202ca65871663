/* SPDX-License-Identifier: MIT */
/* mountinfo.c - parses /proc/PID/mountinfo (proc(5)): a mount's type and options */
#include "mount/mountinfo.h"

#include <errno.h>
#include <string.h>

/*
 * A line's fields, separated by single spaces:
 *	36 35 98:0 /root /mount/point rw,noatime shared:1 - ext3 /dev/vda rw,errors=continue
 *	1  2  3    4     5            6          0 or more  - type source super options
 */
#define FIELDS_BEFORE 6
#define FIELD_MOUNT_POINT 4
#define FIELD_MOUNT_OPTIONS 5

/* Takes the field up to the next space or the end. Returns false if nothing is left. */
static bool next_field(const char **p, const char *end, struct mountinfo_span *ret)
{
	const char *space;

	if (*p >= end)
		return false;
	space = memchr(*p, ' ', (size_t)(end - *p));
	ret->s = *p;
	ret->len = (size_t)((space ? space : end) - *p);
	*p = space ? space + 1 : end;
	return true;
}

static bool span_is(const struct mountinfo_span *a, const char *word)
{
	return strlen(word) == a->len && memcmp(a->s, word, a->len) == 0;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Compares, with \ooo decoded to a byte (kernel: fs/seq_file.c, mangle_path). */
static bool path_is(const struct mountinfo_span *a, const char *path)
{
	size_t i = 0;

	while (i < a->len) {
		const char *s = a->s + i;
		char c = *s;

		if (c == '\\' && a->len - i >= 4 && is_octal(s[1]) && is_octal(s[2]) &&
		    is_octal(s[3])) {
			c = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			i += 3;
		}
		i++;
		if (c == '\0' || *path != c)
			return false;
		path++;
	}
	return *path == '\0';
}

static bool parse_line(const char *p, const char *end, struct mountinfo_span *ret_point,
		       struct mountinfo *ret)
{
	struct mountinfo_span f[FIELDS_BEFORE], optional;

	for (size_t i = 0; i < FIELDS_BEFORE; i++)
		if (!next_field(&p, end, &f[i]))
			return false;
	do
		if (!next_field(&p, end, &optional))
			return false;
	while (!span_is(&optional, "-"));
	*ret_point = f[FIELD_MOUNT_POINT];
	ret->mount_options = f[FIELD_MOUNT_OPTIONS];
	return next_field(&p, end, &ret->type) && next_field(&p, end, &ret->source) &&
	       next_field(&p, end, &ret->super_options);
}

int mountinfo_find(const char *text, size_t len, const char *mount_point, struct mountinfo *ret)
{
	const char *p = text, *end = text + len;
	struct mountinfo_span point;
	struct mountinfo m;
	int r = -ENOENT;

	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *line_end = newline ? newline : end;

		if (parse_line(p, line_end, &point, &m) && path_is(&point, mount_point)) {
			*ret = m;
			r = 0;
		}
		p = newline ? newline + 1 : end;
	}
	return r;
}

bool mountinfo_has(const struct mountinfo_span *options, const char *word)
{
	const char *p = options->s, *end = p + options->len;

	while (p < end) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		struct mountinfo_span option = { p, (size_t)((comma ? comma : end) - p) };

		if (span_is(&option, word))
			return true;
		p = comma ? comma + 1 : end;
	}
	return false;
}
