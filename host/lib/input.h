/* SPDX-License-Identifier: MIT */
/* input.h - reading a file named by the user, which may be a pipe: <(...) */
#ifndef STOREBOOT_HOST_LIB_INPUT_H
#define STOREBOOT_HOST_LIB_INPUT_H

#include <stddef.h>

#include "init/lib/str.h"

/*
 * Like file_read, for a path given by the user. Does not wait for a FIFO's writer, and waits for
 * data of a pipe or device only until a signal that ends a run is pending. Returns 0, -EINTR,
 * -ENXIO for a socket or for a FIFO without a writer, or as file_read.
 */
_must_check_ int input_read(const char *path, size_t max, struct buf *ret);

/* Like input_read, for a descriptor that is open and does not block. */
_must_check_ int input_read_fd(int fd, size_t max, struct buf *ret);

/* The text for an error of these functions and of file_read, or strerror(3). */
const char *input_why(const char *path, int err);

#endif
