/* SPDX-License-Identifier: MIT */
/* image.h - a disk of the guest: a file that is made once and never replaced */
#ifndef STOREBOOT_HOST_IMAGE_H
#define STOREBOOT_HOST_IMAGE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/lib/new_file.h"
#include "init/lib/err.h"

struct image_request {
	const char *qemu_img;
	const char *path;
	const char *format; /* "qcow2" or "raw"; what the file holds does not choose it */
	uint64_t size;	    /* bytes of a disk that exists, at least; 0: as it is */
	uint64_t new_size;  /* bytes of one that does not exist */
	bool must_exist;
	bool read_only; /* others may read it meanwhile */
	bool ephemeral; /* the same, and what the guest writes is thrown away */
	bool fresh;	/* an image that exists is moved aside, whatever it holds */
	bool ask_zero;	/* is wanted: struct image.zero of one that exists */
};

struct image {
	char path[PATH_MAX]; /* absolute, with links resolved */
	int fd;		     /* holds the lock; -1: the image does not exist yet */
	int layer_fd;  /* --ephemeral: the nameless qcow2 file that takes the writes; -1: none */
	uint64_t size; /* bytes of the disk: as it is, */
	uint64_t new_size;    /* and as image_ready makes it */
	bool zero;	      /* it will read as zeroes when the guest starts */
	bool made;	      /* it was made by this run */
	bool unnamed;	      /* it was made, and has not its name yet */
	struct new_file file; /* which it gets by this */
	bool grown;	      /* it was made larger */
	int old_fd;	      /* --fresh: the image to be moved aside, with its lock; -1: none */
	char aside[PATH_MAX]; /* where it is now; "": not moved */
	bool settled;	      /* QEMU runs with it: image_undo does nothing */
};

#define IMAGE_INIT \
	{ \
		.fd = -1, .layer_fd = -1, .old_fd = -1, .file = NEW_FILE_INIT \
	}

/*
 * Looks at the image and locks it for this run (lock.h): alone, or with others that read it. What
 * is there must be a whole image of that format that stands alone, and not larger than size asks.
 * Nothing there is fine (ret->fd stays -1) unless it must exist. Changes nothing. Returns 0, or
 * -errno with e: EXIT_IMAGE (not such an image, a link to nothing, no such folder), EXIT_IN_USE
 * (names the holder).
 */
_must_check_ int image_open(const struct image_request *q, struct image *ret, struct err *e);

/*
 * Makes what QEMU opens, after image_open: a new image that has no name yet, or the layer; or makes
 * the disk larger. An image that is to be moved aside stays where it is. Returns as image_open.
 */
_must_check_ int image_ready(const struct image_request *q, struct image *i, struct err *e);

/*
 * QEMU takes it: moves the old one aside and names the new one. A new image appears under its name
 * whole and locked, and never in the place of something else. image_settle or image_undo follows.
 * Returns as image_open.
 */
_must_check_ int image_commit(struct image *i, struct err *e);

/* After image_commit of all disks: what was done stays. */
void image_settle(struct image *i);

/* QEMU does not run with it: undoes image_commit and gives a disk that image_ready made larger its
 * old size again. The guest has not run, so nothing was written beyond that. Does nothing after
 * image_settle. */
void image_undo(const struct image_request *q, struct image *i);

/* Gives the lock up. A new image that has not been named is gone. */
void image_close(struct image *i);

/* A file or folder is locked by another: "PATH is in use by pid N (COMMAND)". Returns -EBUSY. */
int image_in_use(const char *path, struct err *e);

#endif
