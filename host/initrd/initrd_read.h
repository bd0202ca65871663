/* SPDX-License-Identifier: MIT */
/* initrd_read.h - reading an initramfs: the archives that it is made of, and what is in them */
#ifndef STOREBOOT_HOST_INITRD_READ_H
#define STOREBOOT_HOST_INITRD_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

/* The header's numbers as they are; name and data point into the input, or what was unpacked. */
struct initrd_entry {
	const char *name;
	const char *data; /* of a file or a link; a hard link has that of the file it is one of */
	uint32_t size;
	uint32_t ino, mode, uid, gid, nlink, mtime, dev_major, dev_minor, rdev_major, rdev_minor;
	size_t part;
};

/* A stretch of the input: one packed stream, or one plain archive. */
struct initrd_part {
	const char *format; /* "cpio" or how it is packed */
	bool unread; /* by a format that is not unpacked here; what follows it is not looked at */
	size_t offset, size, plain_size, entries;
};

/* Zero-initialised is empty. */
struct initrd_content {
	struct initrd_entry *v;
	size_t n, room;
	struct initrd_part *parts;
	size_t n_parts;
	struct buf *plain; /* one a part */
};
void initrd_content_free(struct initrd_content *c);

/*
 * Reads the archives as the kernel would, in order; each must reach its trailer. The input must
 * outlive ret. A pure function. Returns 0, -ENODATA when it is cut short, -EBADMSG when it is
 * damaged, -ENOEXEC when it is no initramfs, -EFBIG, -ENOMEM; ret then has what was read before,
 * and the last part is where it failed.
 */
_must_check_ int initrd_read(const void *data, size_t len, struct initrd_content *ret);

/* What the kernel would have at that path when all is unpacked: of entries of one name the last.
 * "./" and "/" in front of either do not count. Returns NULL where there is none. */
const struct initrd_entry *initrd_find(const struct initrd_content *c, const char *path);

/* A name without those. */
const char *initrd_name(const char *name);

#endif
