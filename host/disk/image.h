/* SPDX-License-Identifier: MIT */
/* image.h - a disk image of the guest: made once, never replaced */
#ifndef STOREBOOT_HOST_IMAGE_H
#define STOREBOOT_HOST_IMAGE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/lib/new_file.h"
#include "host/lib/place.h"
#include "init/lib/err.h"

struct image_request {
	const char *qemu_img;
	const char *path;
	const char *format; /* "qcow2" or "raw"; never detected from the content */
	uint64_t size;	    /* an existing disk grows to this size, in bytes; 0: unchanged */
	uint64_t new_size;  /* size of a new disk in bytes */
	bool must_exist;
	bool read_only; /* other runs may read it at the same time */
	bool ephemeral; /* the same; writes go to a layer that is discarded */
	bool fresh;	/* an existing image is moved aside, whatever it holds */
	bool ask_zero;	/* sets struct image.zero for an existing image */
};

struct image {
	char path[PATH_MAX];	  /* absolute; for messages */
	struct place place;	  /* its folder and name: no link is followed again */
	int fd;			  /* holds the lock; -1: the image does not exist yet */
	int layer_fd;		  /* --ephemeral: the unnamed qcow2 layer for writes; -1: none */
	uint64_t size;		  /* the disk's present size in bytes */
	uint64_t new_size;	  /* its size in bytes after image_ready */
	bool zero;		  /* the disk reads as zeroes when the guest starts */
	bool made;		  /* made and named by this run */
	bool unnamed;		  /* made by this run, not yet named */
	struct new_file file;	  /* for naming it */
	bool grown;		  /* made larger by this run */
	int old_fd;		  /* --fresh: the old image, locked; -1: none */
	char aside[NAME_MAX + 1]; /* the old image's new name; "": not moved */
	bool settled;		  /* image_undo does nothing */
};

#define IMAGE_INIT \
	{ \
		.place = PLACE_INIT, .fd = -1, .layer_fd = -1, .old_fd = -1, .file = NEW_FILE_INIT \
	}

/*
 * Checks the image and locks it for this run (lock.h): exclusively, or shared with other readers.
 * An existing image must be complete, in that format, without a backing file, and no larger than
 * size. A missing image is accepted (ret->fd stays -1) unless it must exist. Changes nothing.
 * Follows no link that a guest can have made (place.h). Returns 0, or -errno with e: EXIT_IMAGE
 * (not such an image, a link, no such folder) or EXIT_IN_USE (names the holder).
 */
_must_check_ int image_open(const struct image_request *q, struct image *ret, struct err *e);

/* After image_open: makes the file that QEMU opens, which is a new image without a name or the
 * layer, or makes the disk larger. An image that --fresh moves aside stays in place for now.
 * Returns as image_open. */
_must_check_ int image_ready(const struct image_request *q, struct image *i, struct err *e);

/* After QEMU has accepted its arguments: moves the old image aside and names the new one. A new
 * image appears under its name complete and locked, and replaces nothing. Follow with image_settle
 * or image_undo. Returns as image_open. */
_must_check_ int image_commit(struct image *i, struct err *e);

/* After image_commit of all disks: makes the changes final. */
void image_settle(struct image *i);

/* For a run whose QEMU did not start: undoes image_commit and gives a disk that image_ready made
 * larger its old size. No guest ran, so nothing was written beyond that size. Does nothing after
 * image_settle. */
void image_undo(const struct image_request *q, struct image *i);

/* Releases the lock. A new image without a name is deleted. */
void image_close(struct image *i);

/* Reports that a file or folder is locked: "PATH is in use by pid N (COMMAND)". Returns -EBUSY. */
int image_in_use(const char *path, struct err *e);

#endif
