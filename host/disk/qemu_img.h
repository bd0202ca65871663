/* SPDX-License-Identifier: MIT */
/* qemu_img.h - what qemu-img tells of an image, and what it does to one */
#ifndef STOREBOOT_HOST_QEMU_IMG_H
#define STOREBOOT_HOST_QEMU_IMG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/err.h"

/*
 * All take qemu-img's path and the image's, absolute, and say the format themselves: an image is
 * never what its first bytes would have it be. All return 0, or -errno with e: EXIT_IN_USE where
 * another QEMU has the image open, else EXIT_IMAGE.
 */
struct qemu_img {
	const char *program;
	const char *format; /* "qcow2" or "raw" */
};

/* Is it a whole image that stands alone? A layer, an external data file, damage and what is cut
 * short are refused; clusters that nobody uses (leaks) are no damage. ret_size: the disk's size in
 * bytes. */
_must_check_ int qemu_img_look(const struct qemu_img *q, const char *path, uint64_t *ret_size,
			       struct err *e);

/* Does the disk hold no data at all, so that it reads as zeroes? By the image's tables, not by
 * reading. */
_must_check_ int qemu_img_is_zero(const struct qemu_img *q, const char *path, bool *ret_zero,
				  struct err *e);

/* Makes an image of size bytes in the file, which exists and is empty. */
_must_check_ int qemu_img_create(const struct qemu_img *q, const char *file, uint64_t size,
				 struct err *e);

/* Resizes the disk to size bytes. Data beyond a smaller size are lost. */
_must_check_ int qemu_img_resize(const struct qemu_img *q, const char *path, uint64_t size,
				 struct err *e);

/* The pure parts: json is what qemu-img printed. */
/* ret_dirty: its counters of references were not written when it was closed last (lazy_refcounts).
 */
_must_check_ int qemu_img_read_info(const char *format, const char *path, const char *json,
				    size_t len, uint64_t *ret_size, bool *ret_dirty, struct err *e);
/* Returns 0 or -EBADMSG. */
_must_check_ int qemu_img_read_map(const char *json, size_t len, bool *ret_zero);

#endif
