/* SPDX-License-Identifier: MIT */
/* shared_folder.c - parse /binds, the list of the shared folders */
#include "init/shared_folder.h"

#include <errno.h>

#include "init/config.h"
#include "init/lib/str.h"

/* Takes the text before the next space off *s. Returns its length; 0: no space. */
static size_t word(const char **s, const char *end, const char **ret)
{
	const char *blank = memchr(*s, ' ', (size_t)(end - *s));
	size_t n = blank ? (size_t)(blank - *s) : 0;

	*ret = *s;
	if (blank)
		*s = blank + 1;
	return n;
}

static bool is(const char *s, size_t n, const char *what)
{
	return strlen(what) == n && memcmp(s, what, n) == 0;
}

/* Takes key and the digits after it off *s. The kernel checks the range of the ID. */
static bool take_id(const char **s, const char *end, const char *key, char *ret, size_t size)
{
	size_t n = strlen(key), digits = 0;

	if ((size_t)(end - *s) < n || memcmp(*s, key, n) != 0)
		return false;
	*s += n;
	while (*s + digits < end && (*s)[digits] >= '0' && (*s)[digits] <= '9')
		digits++;
	if (digits == 0 || digits >= size)
		return false;
	memcpy(ret, *s, digits);
	ret[digits] = '\0';
	*s += digits;
	return true;
}

/* Parses ro or rw, and the owner if the share can set one. */
static bool take_mode(const char *s, const char *end, struct shared_folder *ret)
{
	struct mount_owner *o = &ret->owner;

	if (end - s < 2 || (!is(s, 2, "ro") && !is(s, 2, "rw")))
		return false;
	ret->read_only = s[1] == 'o';
	*o = (struct mount_owner)MOUNT_OWNER_ROOT;
	s += 2;
	if (s == end)
		return true;
	return share_rows[ret->kind].flags & SHARE_OWNER &&
	       take_id(&s, end, ",uid=", o->uid, sizeof(o->uid)) &&
	       take_id(&s, end, ",gid=", o->gid, sizeof(o->gid)) && s == end;
}

static bool is_plain(const char *s, const char *end)
{
	for (; s < end; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

/* Returns true for an absolute path without empty, "." or ".." components. */
static bool is_path(const char *path)
{
	for (const char *p = path; *p; p += strcspn(p, "/")) {
		size_t n;

		if (*p++ != '/')
			return false;
		n = strcspn(p, "/");
		if (n == 0 || is(p, n, ".") || is(p, n, ".."))
			return false;
	}
	return path[0] == '/';
}

static int parse(const char *s, const char *end, struct shared_folder *ret)
{
	const char *share, *mode, *source;
	size_t share_len = word(&s, end, &share), mode_len = word(&s, end, &mode);
	size_t source_len = word(&s, end, &source);
	int i = share_kind_of(share, share_len);

	if (i == SHARE_COUNT || !(share_rows[i].flags & SHARE_FOLDERS) || source_len == 0)
		return -EINVAL;
	ret->kind = (enum share_kind)i;
	if (!take_mode(mode, mode + mode_len, ret) ||
	    str_format(ret->source, sizeof(ret->source), "%.*s", (int)source_len, source) < 0 ||
	    str_format(ret->path, sizeof(ret->path), "%.*s", (int)(end - s), s) < 0 ||
	    !is_path(ret->path))
		return -EINVAL;
	return 0;
}

int shared_folder_next(const char **text, size_t *len, struct shared_folder *ret)
{
	struct shared_folder entry;
	const char *end;

	if (*len == 0)
		return 0;
	end = memchr(*text, '\n', *len);
	if (!end || !is_plain(*text, end) || parse(*text, end, &entry) < 0)
		return -EINVAL;
	*len -= (size_t)(end + 1 - *text);
	*text = end + 1;
	*ret = entry;
	return 1;
}
