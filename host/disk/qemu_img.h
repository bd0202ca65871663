/* SPDX-License-Identifier: MIT */
/* qemu_img.h - images checked, made and resized by qemu-img */
#ifndef STOREBOOT_HOST_QEMU_IMG_H
#define STOREBOOT_HOST_QEMU_IMG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/err.h"

/* All functions that run qemu-img take its path and the image's, both absolute, and pass the
 * format, so that the image's first bytes never choose it. They return 0, or -errno with e:
 * EXIT_IN_USE if another QEMU has the image open, else EXIT_IMAGE. */
struct qemu_img {
	const char *program;
	const char *format; /* "qcow2" or "raw" */
	const char *shown;  /* the image's name for messages; NULL: its path */
};

/* The path for an open file: qemu-img opens what the descriptor has, whatever its name is now. */
#define QEMU_IMG_FILE 64
void qemu_img_file(int fd, char dst[static QEMU_IMG_FILE]);

/* Checks that the image is complete and needs no other file. Refuses a backing file, an external
 * data file, damage and a truncated image; leaked clusters are no damage. ret_size: the disk's
 * size in bytes. */
_must_check_ int qemu_img_look(const struct qemu_img *q, const char *path, uint64_t *ret_size,
			       struct err *e);

/* Does the disk hold no data, so that it reads as zeroes? Uses the image's tables; reads no
 * data. */
_must_check_ int qemu_img_is_zero(const struct qemu_img *q, const char *path, bool *ret_zero,
				  struct err *e);

/* Makes an image of size bytes in an existing, empty file. */
_must_check_ int qemu_img_create(const struct qemu_img *q, const char *file, uint64_t size,
				 struct err *e);

/* Resizes the disk to size bytes. Data beyond a smaller size is lost. */
_must_check_ int qemu_img_resize(const struct qemu_img *q, const char *path, uint64_t size,
				 struct err *e);

/* Pure functions; json is the output of qemu-img. */
/* ret_dirty: the reference counts were not written when the image was last closed
 * (lazy_refcounts). */
_must_check_ int qemu_img_read_info(const char *format, const char *path, const char *json,
				    size_t len, uint64_t *ret_size, bool *ret_dirty, struct err *e);
/* Returns 0 or -EBADMSG. */
_must_check_ int qemu_img_read_map(const char *json, size_t len, bool *ret_zero);

#endif
