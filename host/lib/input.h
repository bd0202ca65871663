/* SPDX-License-Identifier: MIT */
/* input.h - the content of a file that the user names, which may be a pipe: <(...) */
#ifndef STOREBOOT_HOST_LIB_INPUT_H
#define STOREBOOT_HOST_LIB_INPUT_H

#include <stddef.h>

#include "init/lib/str.h"

/*
 * As file_read, for a path from outside: waits for no writer of a FIFO, and for what a pipe or a
 * device says only until one of the signals comes that end a run. Returns 0, -ENXIO for a FIFO that
 * nobody writes to and for a socket, -EINTR, or as file_read.
 */
_must_check_ int input_read(const char *path, size_t max, struct buf *ret);

/* What is open already, without blocking. Returns as input_read. */
_must_check_ int input_read_fd(int fd, size_t max, struct buf *ret);

/* strerror(3) of why that failed, or better words. */
const char *input_why(const char *path, int err);

#endif
