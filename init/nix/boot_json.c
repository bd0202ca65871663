/* SPDX-License-Identifier: MIT */
/* boot_json.c - reads the boot.json of a NixOS system */
#include "init/nix/boot_json.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define BLANKS " \t\r\n"

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && *p && strchr(BLANKS, *p))
		p++;
	return p;
}

/* Returns the end of the string at p, after its quote; NULL if there is none. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : NULL;
}

/* Returns the end of the object or array at p, or NULL. */
static const char *skip_group(const char *p, const char *end)
{
	size_t depth = 0;

	while (p && p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		if ((*p == '}' || *p == ']') && --depth == 0)
			return p + 1;
		p++;
	}
	return NULL;
}

/* Takes the value at *p, and the blanks after it. */
static bool take(const char **p, const char *end, struct json *ret)
{
	const char *start = *p = skip_blanks(*p, end), *stop;

	if (start == end)
		return false;
	if (*start == '"')
		stop = skip_string(start, end);
	else if (*start == '{' || *start == '[')
		stop = skip_group(start, end);
	else
		stop = start + strcspn(start, ",:]}" BLANKS);
	if (!stop || stop > end || stop == start)
		return false;
	*ret = (struct json){ start, (size_t)(stop - start) };
	*p = skip_blanks(stop, end);
	return true;
}

int json_next(struct json *rest, struct json *ret_key, struct json *ret_value)
{
	const char *p = rest->s, *end;
	bool object;

	if (rest->len == 0)
		return -EBADMSG;
	end = p + rest->len - 1;
	object = *end == '}';
	if (!*p || !strchr("{[,}]", *p) || (!object && *end != ']'))
		return -EBADMSG;
	p = p < end ? skip_blanks(p + 1, end) : p;
	*ret_key = (struct json){ 0 };
	if (p == end)
		return 0;
	if (object && (!take(&p, end, ret_key) || p == end || *p++ != ':'))
		return -EBADMSG;
	if (!take(&p, end, ret_value) || (p < end && *p != ','))
		return -EBADMSG;
	/* It begins with the comma, or is the last brace. */
	*rest = (struct json){ p, (size_t)(end + 1 - p) };
	return 1;
}

int json_member(const struct json *object, const char *key, struct json *ret)
{
	size_t len = strlen(key);
	struct json rest = *object, name;
	int r;

	while ((r = json_next(&rest, &name, ret)) > 0)
		if (name.len == len + 2 && memcmp(name.s + 1, key, len) == 0)
			return 0;
	return r < 0 ? r : -ENOENT;
}

int json_text(const struct json *value, char *dst, size_t size)
{
	if (value->len < 2 || value->s[0] != '"' || memchr(value->s, '\\', value->len))
		return -EBADMSG;
	if (value->len - 2 >= size)
		return -ENAMETOOLONG;
	memcpy(dst, value->s + 1, value->len - 2);
	dst[value->len - 2] = '\0';
	return 0;
}
