/* SPDX-License-Identifier: MIT */
/*
 * initrd_read.c - reading an initramfs: its archives and their entries
 *
 * The kernel accepts a sequence of cpio archives ("newc"), packed or not, with zero bytes between
 * them (Documentation/driver-api/early-userspace/buffer-format). A packed stream may hold several
 * archives.
 */
#include "host/initrd/initrd_read.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "host/initrd/decompress.h"

/* Of the unpacked bytes. Debian's initramfs of all modules is five times its packed size. */
#define PLAIN_MAX ((size_t)1 << 30)
#define PLAIN_MIN ((size_t)64 << 20)
#define RATIO_MAX 16
#define ENTRIES_MAX 500000
#define HEADER_LEN 110
#define MAGIC_LEN 6
#define FIELDS 13
#define TRAILER "TRAILER!!!"

/* Formats that a kernel may support, but this program does not unpack. */
static const struct {
	const char *name, *magic;
	size_t len;
} not_unpacked[] = {
	{ "bzip2", "BZh", 3 },
	{ "lzma", "\x5d\0\0", 3 },
	{ "lzo", "\x89LZO\0", 5 },
};

void initrd_content_free(struct initrd_content *c)
{
	for (size_t i = 0; i < c->n_parts; i++)
		buf_free(&c->plain[i]);
	free(c->plain);
	free(c->parts);
	free(c->v);
	*c = (struct initrd_content){ 0 };
}

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

/* How many bytes an input of this length may unpack to. */
static size_t plain_max(size_t len)
{
	if (len >= PLAIN_MAX / RATIO_MAX)
		return PLAIN_MAX;
	return len * RATIO_MAX > PLAIN_MIN ? len * RATIO_MAX : PLAIN_MIN;
}

static int add_entry(struct initrd_content *c, const struct initrd_entry *entry)
{
	if (c->n == ENTRIES_MAX)
		return -EFBIG;
	if (c->n == c->room) {
		size_t room = c->room ? 2 * c->room : 256;
		struct initrd_entry *v = reallocarray(c->v, room, sizeof(*v));

		if (!v)
			return -ENOMEM;
		c->v = v;
		c->room = room;
	}
	c->v[c->n++] = *entry;
	c->parts[entry->part].entries++;
	return 0;
}

static int add_part(struct initrd_content *c, const char *format, size_t offset)
{
	struct initrd_part *parts = reallocarray(c->parts, c->n_parts + 1, sizeof(*parts));
	struct buf *plain;

	if (!parts)
		return -ENOMEM;
	c->parts = parts;
	plain = reallocarray(c->plain, c->n_parts + 1, sizeof(*plain));
	if (!plain)
		return -ENOMEM;
	c->plain = plain;
	plain[c->n_parts] = (struct buf){ 0 };
	parts[c->n_parts++] = (struct initrd_part){ .format = format, .offset = offset };
	return 0;
}

/* ret: the header's fields in their order, from ino to the checksum. */
static int read_header(const char *data, size_t len, uint32_t *ret)
{
	if (len < HEADER_LEN)
		return -ENODATA;
	if (memcmp(data, "07070", 5) != 0 || (data[5] != '1' && data[5] != '2'))
		return -EBADMSG;
	for (int i = 0; i < FIELDS; i++)
		if (hex8(data + MAGIC_LEN + 8 * i, &ret[i]) < 0)
			return -EBADMSG;
	return 0;
}

/* Reads one archive. ret_len: its length with the trailer. */
static int read_archive(const char *data, size_t len, struct initrd_content *c, size_t *ret_len)
{
	size_t at = 0;

	for (;;) {
		uint32_t f[FIELDS] = { 0 };
		struct initrd_entry entry;
		int r = read_header(data + at, len - at, f);
		const size_t name_len = f[11], head_len = align4(HEADER_LEN + name_len);

		if (r < 0)
			return r;
		if (name_len == 0 || name_len > 4096)
			return -EBADMSG;
		if (len - at < head_len)
			return -ENODATA;
		entry = (struct initrd_entry){ .name = data + at + HEADER_LEN,
					       .data = data + at + head_len,
					       .size = f[6],
					       .ino = f[0],
					       .mode = f[1],
					       .uid = f[2],
					       .gid = f[3],
					       .nlink = f[4],
					       .mtime = f[5],
					       .dev_major = f[7],
					       .dev_minor = f[8],
					       .rdev_major = f[9],
					       .rdev_minor = f[10],
					       .part = c->n_parts - 1 };
		if (strnlen(entry.name, name_len) != name_len - 1)
			return -EBADMSG;
		at += head_len;
		if (str_eq(entry.name, TRAILER)) {
			*ret_len = at;
			return 0;
		}
		if (len - at < entry.size)
			return -ENODATA;
		r = add_entry(c, &entry);
		if (r < 0)
			return r;
		at = align4(at + entry.size) < len ? align4(at + entry.size) : len;
	}
}

static const char *passed_over(const char *data, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(not_unpacked); i++)
		if (len >= not_unpacked[i].len &&
		    memcmp(data, not_unpacked[i].magic, not_unpacked[i].len) == 0)
			return not_unpacked[i].name;
	return NULL;
}

/* Reads the contents of a packed stream: archives and zeroes only. */
static int read_plain(const char *data, size_t len, struct initrd_content *c)
{
	size_t at = 0, n = 0;
	int r;

	while (at < len) {
		if (data[at] == '\0') {
			at++;
			continue;
		}
		r = read_archive(data + at, len - at, c, &n);
		if (r < 0)
			return r;
		at += n;
	}
	return n > 0 ? 0 : -ENODATA;
}

static int read_packed(const char *data, size_t len, struct initrd_content *c, size_t left,
		       size_t *ret_used)
{
	struct initrd_part *part = &c->parts[c->n_parts - 1];
	struct buf *plain = &c->plain[c->n_parts - 1];
	int r = decompress_next(data, len, left, plain, ret_used);

	part->plain_size = plain->len;
	return r < 0 ? r : read_plain(plain->data ? plain->data : "", plain->len, c);
}

/* Reads the part at data. left: the number of bytes that may still be unpacked. */
static int read_part(const char *data, size_t len, struct initrd_content *c, size_t left,
		     size_t *ret_used)
{
	struct initrd_part *part = &c->parts[c->n_parts - 1];
	int r;

	if (decompress_format(data, len)) {
		r = read_packed(data, len, c, left, ret_used);
	} else if (passed_over(data, len)) {
		part->unread = true;
		*ret_used = len;
		r = 0;
	} else if (part->offset == 0 && memcmp(data, "0707", len < 4 ? len : 4) != 0) {
		r = -ENOEXEC;
	} else {
		r = read_archive(data, len, c, ret_used);
		part->plain_size = r < 0 ? 0 : *ret_used;
	}
	part->size = r < 0 ? len : *ret_used;
	return r;
}

static bool same_file(const struct initrd_entry *a, const struct initrd_entry *b)
{
	return a->part == b->part && a->ino == b->ino && a->dev_major == b->dev_major &&
	       a->dev_minor == b->dev_minor && S_ISREG(a->mode) && S_ISREG(b->mode) && a->nlink > 1;
}

/* Hard links to one file are adjacent, and only one of them carries its content. */
static void share_content(struct initrd_content *c)
{
	size_t end;

	for (size_t i = 0; i < c->n; i = end) {
		const struct initrd_entry *whole = &c->v[i];

		for (end = i + 1; end < c->n && same_file(&c->v[i], &c->v[end]); end++)
			if (c->v[end].size > 0)
				whole = &c->v[end];
		for (size_t j = i; j < end; j++) {
			c->v[j].data = whole->data;
			c->v[j].size = whole->size;
		}
	}
}

int initrd_read(const void *data, size_t len, struct initrd_content *ret)
{
	const char *d = data;
	size_t at = 0, left = plain_max(len);
	int r = 0;

	while (r == 0 && at < len) {
		const char *format = decompress_format(d + at, len - at);
		size_t used = 0;

		if (d[at] == '\0') {
			at++;
			continue;
		}
		if (!format)
			format = passed_over(d + at, len - at);
		r = add_part(ret, format ? format : "cpio", at);
		if (r == 0)
			r = read_part(d + at, len - at, ret, left, &used);
		if (r == 0)
			left -= ret->plain[ret->n_parts - 1].len;
		at += used;
	}
	if (r == 0)
		share_content(ret);
	return r < 0 || ret->n_parts > 0 ? r : -ENODATA;
}

const char *initrd_why(int r)
{
	return r == -EFBIG ?
		       "is too large: over 500,000 entries, or unpacked over 1 GiB or 16 times "
		       "its size" :
		       decompress_why(r);
}

const char *initrd_name(const char *name)
{
	while (name[0] == '/' || (name[0] == '.' && name[1] == '/'))
		name += name[0] == '/' ? 1 : 2;
	return name;
}

const struct initrd_entry *initrd_find(const struct initrd_content *c, const char *path)
{
	path = initrd_name(path);
	for (size_t i = c->n; i-- > 0;)
		if (str_eq(initrd_name(c->v[i].name), path))
			return &c->v[i];
	return NULL;
}
