/* SPDX-License-Identifier: MIT */
/* booted.c - the system that an image booted last, recorded in the image file's attributes */
#include "host/disk/booted.h"

#include <errno.h>
#include <sys/xattr.h>

#include "init/lib/str.h"

#define VALUE_MAX (sizeof(struct booted))

/* Anyone who can write the image can write this text, and it is printed on a terminal. */
static bool printable(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return false;
	return len > 0;
}

static bool take(const char *s, size_t len, char *dst, size_t size)
{
	if (len >= size || !printable(s, len))
		return false;
	memcpy(dst, s, len);
	dst[len] = '\0';
	return true;
}

int booted_parse(const char *value, size_t len, struct booted *ret)
{
	const char *newline = memchr(value, '\n', len);
	size_t n = newline ? (size_t)(newline - value) : 0;
	struct booted b;

	if (!newline || !take(value, n, b.name, sizeof(b.name)) ||
	    !take(newline + 1, len - n - 1, b.system, sizeof(b.system)))
		return -ENODATA;
	*ret = b;
	return 0;
}

int booted_read(int fd, struct booted *ret)
{
	char value[VALUE_MAX];
	ssize_t n = fgetxattr(fd, BOOTED_XATTR, value, sizeof(value));

	if (n < 0)
		return errno == ERANGE ? -ENODATA : -errno;
	return booted_parse(value, (size_t)n, ret);
}

int booted_write(int fd, const struct booted *b)
{
	char value[VALUE_MAX];
	int r = str_format(value, sizeof(value), "%s\n%s", b->name, b->system);

	if (r < 0)
		return r;
	return fsetxattr(fd, BOOTED_XATTR, value, strlen(value), 0) < 0 ? -errno : 0;
}
