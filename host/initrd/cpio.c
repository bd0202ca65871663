/* SPDX-License-Identifier: MIT */
/* cpio.c - the "newc" archive */
#include "host/initrd/cpio.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

struct entry {
	const char *name;
	mode_t mode;
	unsigned int nlink;
	const void *data;
	size_t len;
	unsigned int dev_major, dev_minor;
};

void cpio_begin(struct cpio *c, struct buf *out)
{
	*c = (struct cpio){ .out = out, .start = out->len };
}

static int pad(struct cpio *c)
{
	static const char zeroes[4];

	return buf_add(c->out, zeroes, -(c->out->len - c->start) & 3);
}

static int add(struct cpio *c, uint32_t ino, const struct entry *n)
{
	size_t name_size = strlen(n->name) + 1;
	int r;

	if (name_size > PATH_MAX)
		return -ENAMETOOLONG;
	if (n->len > UINT32_MAX)
		return -EFBIG;
	/* Documentation/driver-api/early-userspace/buffer-format.rst: magic, ino, mode, uid, gid,
	 * nlink, mtime, size, dev, rdev, the name's size, checksum (unused). */
	r = buf_addf(c->out, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", ino,
		     n->mode, 0, 0, n->nlink, 0, n->len, 0, 0, n->dev_major, n->dev_minor,
		     name_size, 0);
	if (r == 0)
		r = buf_add(c->out, n->name, name_size);
	if (r == 0)
		r = pad(c);
	if (r == 0)
		r = buf_add(c->out, n->data, n->len);
	return r < 0 ? r : pad(c);
}

static int add_next(struct cpio *c, const struct entry *n)
{
	return add(c, ++c->entries, n);
}

int cpio_folder(struct cpio *c, const char *name, mode_t mode)
{
	return add_next(c, &(struct entry){ .name = name, .mode = S_IFDIR | mode, .nlink = 2 });
}

int cpio_file(struct cpio *c, const char *name, mode_t mode, const void *data, size_t len)
{
	return add_next(c, &(struct entry){ .name = name,
					    .mode = S_IFREG | mode,
					    .nlink = 1,
					    .data = data,
					    .len = len });
}

int cpio_char_device(struct cpio *c, const char *name, mode_t mode, unsigned int dev_major,
		     unsigned int dev_minor)
{
	return add_next(c, &(struct entry){ .name = name,
					    .mode = S_IFCHR | mode,
					    .nlink = 1,
					    .dev_major = dev_major,
					    .dev_minor = dev_minor });
}

int cpio_end(struct cpio *c)
{
	return add(c, 0, &(struct entry){ .name = "TRAILER!!!", .nlink = 1 });
}
