/* SPDX-License-Identifier: MIT */
/* order.c - parse /modules/order, the modules of the initramfs in load order */
#include "init/order.h"

#include <errno.h>

#include "init/lib/str.h"

/* Copies up to a space or the end of the line. Returns the length; 0: empty or too long. */
static size_t field(const char *s, const char *end, char *dst, size_t size)
{
	const char *space = memchr(s, ' ', (size_t)(end - s));
	size_t n = (size_t)((space ? space : end) - s);

	if (n >= size)
		return 0;
	memcpy(dst, s, n);
	dst[n] = '\0';
	return n;
}

static bool is_text(const char *s, const char *end)
{
	for (; s < end; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

int order_next(const char **text, size_t *len, struct order_entry *ret)
{
	const char *s = *text, *end;
	struct order_entry entry = { 0 };
	size_t n;

	if (*len == 0)
		return 0;
	end = memchr(s, '\n', *len);
	if (!end || !is_text(s, end))
		return -EINVAL;
	n = field(s, end, entry.need, sizeof(entry.need));
	if (n == 0 || s + n == end)
		return -EINVAL;
	s += n + 1;
	n = field(s, end, entry.file, sizeof(entry.file));
	if (n == 0 || entry.file[0] == '/' || entry.file[0] == '.' || strstr(entry.file, "/."))
		return -EINVAL;
	s += n;
	if (s < end) {
		s++;
		if ((size_t)(end - s) >= sizeof(entry.params))
			return -EINVAL;
		memcpy(entry.params, s, (size_t)(end - s));
	}
	*len -= (size_t)(end + 1 - *text);
	*text = end + 1;
	*ret = entry;
	return 1;
}
