/* SPDX-License-Identifier: MIT */
/* opt_config.c - options from a file, one per line */
#include <errno.h>

#include "host/lib/exit.h"
#include "host/lib/input.h"
#include "host/lib/opt.h"

#define CONFIG_MAX ((size_t)1 << 20)
#define BLANKS " \t\r\v\f"

/* Parses one line, without its newline. */
static int take_line(const struct opt_command *c, const char *line, size_t len, void *values,
		     struct opt_args *ret, struct err *e)
{
	_cleanup_buf_ struct buf b = { 0 };
	char *name, *value;
	int r = buf_add(&b, line, len);

	if (r == 0 && strlen(b.data) != len)
		return err_exit(e, EXIT_USAGE, EINVAL, "%s: there is a NUL byte in this line",
				c->name);
	while (r == 0 && b.len > 0 && strchr(BLANKS, b.data[b.len - 1]))
		b.data[--b.len] = '\0';
	if (r == 0)
		r = strv_add(&ret->kept, b.len > 0 ? b.data : "");
	if (r < 0)
		return err_sys(e, r, "%s", c->name);
	name = ret->kept.v[ret->kept.n - 1];
	name += strspn(name, BLANKS);
	if (!*name || *name == '#')
		return 0;
	value = name + strcspn(name, BLANKS);
	if (*value)
		*value++ = '\0';
	value += strspn(value, BLANKS);
	return opt_set(c, name, *value ? value : NULL, values, e);
}

int opt_config_parse(const struct opt_command *c, const char *name, const char *text, size_t len,
		     void *values, struct opt_args *ret, struct err *e)
{
	size_t number = 1;

	for (size_t at = 0; at < len; number++) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;
		int r = take_line(c, text + at, n, values, ret, e);

		if (r < 0)
			return err_exit(e, e->exit_status, -r, "%s:%zu: %s", name, number, e->text);
		at += n + 1;
	}
	return 0;
}

int opt_config_read(const struct opt_command *c, const char *name, void *values,
		    struct opt_args *ret, struct err *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = input_read(name, CONFIG_MAX, &text);

	if (r == 0)
		r = strv_add(&ret->files, name);
	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "%s: %s: %s", c->name, name,
				input_why(name, -r));
	return opt_config_parse(c, name, text.data, text.len, values, ret, e);
}
