/* SPDX-License-Identifier: MIT */
/* initrd_read.h - reading an initramfs: its archives and their entries */
#ifndef STOREBOOT_HOST_INITRD_READ_H
#define STOREBOOT_HOST_INITRD_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

/* The numbers are those of the header; name and data point into the input or the unpacked data. */
struct initrd_entry {
	const char *name;
	const char *data; /* of a file or link; a hard link has the data of the file it links to */
	uint32_t size;
	uint32_t ino, mode, uid, gid, nlink, mtime, dev_major, dev_minor, rdev_major, rdev_minor;
	size_t part;
};

/* One packed stream or one plain archive of the input. */
struct initrd_part {
	const char *format; /* "cpio", or the compression format */
	bool unread; /* packed in an unsupported format; the rest of the input is not read either */
	size_t offset, size, plain_size, entries;
};

/* Zero-initialised is empty. */
struct initrd_content {
	struct initrd_entry *v;
	size_t n, room;
	struct initrd_part *parts;
	size_t n_parts;
	struct buf *plain; /* one per part */
};
void initrd_content_free(struct initrd_content *c);

/*
 * Reads the archives in order, as the kernel would; each must have a trailer. A pure function. The
 * input must outlive ret. Returns 0, -ENODATA if it is cut short, -EBADMSG if it is damaged,
 * -ENOEXEC if it is not an initramfs, -EFBIG over its limits (initrd_why) or -ENOMEM. On failure
 * ret holds the entries read so far, and its last part is the one that failed.
 */
_must_check_ int initrd_read(const void *data, size_t len, struct initrd_content *ret);

/* The text for an error, to follow a file's name. */
const char *initrd_why(int r);

/* The entry that the kernel would leave at path after unpacking: the last of that name. Leading
 * "./" and "/" are ignored. Returns NULL if there is none. */
const struct initrd_entry *initrd_find(const struct initrd_content *c, const char *path);

/* name without leading "./" and "/". */
const char *initrd_name(const char *name);

#endif
