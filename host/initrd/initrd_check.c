/* SPDX-License-Identifier: MIT */
/*
 * initrd_check.c - is a ready-made initramfs whole?
 *
 * The kernel takes a sequence of cpio archives ("newc"), each packed or not, with zero bytes between
 * (Documentation/driver-api/early-userspace/buffer-format). A packed one may hold several in turn.
 */
#include "host/initrd/initrd_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>

#include "host/initrd/decompress.h"
#include "host/exit.h"
#include "init/lib/file.h"
#include "init/lib/str.h"

#define INITRD_MAX ((size_t)1 << 30)
#define HEADER_LEN 110
#define TRAILER "TRAILER!!!"

static const struct {
	const char *magic;
	size_t len;
} not_unpacked[] = {
	{ "BZh", 3 },
	{ "\x5d\0\0", 3 },
	{ "\x89LZO\0", 5 },
	{ "\x02\x21\x4c\x18", 4 },
};

static int hex8(const char *s, uint32_t *ret)
{
	uint32_t v = 0;

	for (int i = 0; i < 8; i++) {
		char c = s[i];
		unsigned int digit = c >= '0' && c <= '9' ? (unsigned int)(c - '0') :
				     c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10 :
				     c >= 'A' && c <= 'F' ? (unsigned int)(c - 'A') + 10 :
							    16;

		if (digit > 15)
			return -EBADMSG;
		v = v << 4 | digit;
	}
	*ret = v;
	return 0;
}

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* One archive at data; *ret_len is its length with the trailer. */
static int walk_archive(const char *data, size_t len, size_t *ret_len)
{
	size_t at = 0;

	for (;;) {
		uint32_t size, name_len;
		const char *name;

		if (len - at < HEADER_LEN)
			return -ENODATA;
		if (memcmp(data + at, "07070", 5) != 0 ||
		    (data[at + 5] != '1' && data[at + 5] != '2') ||
		    hex8(data + at + 54, &size) < 0 || hex8(data + at + 94, &name_len) < 0 ||
		    name_len == 0 || name_len > 4096)
			return -EBADMSG;
		if (len - at < align4(HEADER_LEN + (size_t)name_len))
			return -ENODATA;
		name = data + at + HEADER_LEN;
		if (name[name_len - 1] != '\0')
			return -EBADMSG;
		at += align4(HEADER_LEN + (size_t)name_len);
		if (str_eq(name, TRAILER)) {
			*ret_len = at;
			return 0;
		}
		if (len - at < size)
			return -ENODATA;
		at = align4(at + size) < len ? align4(at + size) : len;
	}
}

static bool passed_over(const char *data, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(not_unpacked); i++)
		if (len >= not_unpacked[i].len &&
		    memcmp(data, not_unpacked[i].magic, not_unpacked[i].len) == 0)
			return true;
	return false;
}

/* packed: whether a packed archive may stand here. Its end is not known, so what follows is not
 * looked at. */
static int walk(const char *data, size_t len, bool packed)
{
	size_t at = 0, n = 0;
	int r;

	while (at < len) {
		if (data[at] == '\0') {
			at++;
			continue;
		}
		if (packed && decompress_known(data + at, len - at)) {
			_cleanup_buf_ struct buf plain = { 0 };

			r = decompress_buf(data + at, len - at, INITRD_MAX, &plain);
			return r < 0 ? r : walk(plain.data ? plain.data : "", plain.len, false);
		}
		if (packed && passed_over(data + at, len - at))
			return 0;
		if (at == 0 && memcmp(data, "0707", len < 4 ? len : 4) != 0)
			return -ENOEXEC;
		r = walk_archive(data + at, len - at, &n);
		if (r < 0)
			return r;
		at += n;
	}
	return n > 0 ? 0 : -ENODATA;
}

int initrd_check(const void *data, size_t len)
{
	return walk(data, len, true);
}

int initrd_check_file(const char *path, struct err *e)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct stat st;
	int r = stat(path, &st) < 0 ? -errno : 0;

	/* It is read again for the boot: a pipe would then be empty. */
	if (r == 0 && !S_ISREG(st.st_mode))
		return err_exit(e, EXIT_BAD_INPUT, EINVAL, "initrd %s is no file", path);
	if (r == 0)
		r = file_read(AT_FDCWD, path, INITRD_MAX, &b);
	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "initrd %s: %s", path, strerror(-r));
	r = initrd_check(b.data ? b.data : "", b.len);
	if (r == -ENOEXEC)
		return err_exit(e, EXIT_BAD_INPUT, -r, "%s is no initrd", path);
	return r < 0 ? err_exit(e, EXIT_BAD_INPUT, -r, "the initrd %s %s", path, decompress_why(r)) : 0;
}
