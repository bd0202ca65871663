/* SPDX-License-Identifier: MIT */
/* file.h - reads and writes whole files, relative to a folder's descriptor */
#ifndef STOREBOOT_FILE_H
#define STOREBOOT_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "init/lib/str.h"

/* Writes all len bytes, also after short writes and EINTR. Returns 0 or -errno. */
_must_check_ int file_write_all(int fd, const void *data, size_t len);

/* Reads exactly len bytes at offset. Returns 0, -EIO if the file ends before, or -errno. */
_must_check_ int file_pread_all(int fd, void *data, size_t len, off_t offset);

/* Appends the rest of fd to ret. Returns 0, -EFBIG if it has more than max bytes, or -errno. On
 * failure ret keeps its contents plus a part of the file. */
_must_check_ int file_read_fd(int fd, size_t max, struct buf *ret);

/* Appends a whole file to ret, also one of /proc or /sys, whose size is 0. dirfd: as in openat(2).
 * Does not wait: a FIFO, device or socket is refused. Returns as file_read_fd, or -EMEDIUMTYPE if
 * it is no regular file. */
_must_check_ int file_read(int dirfd, const char *path, size_t max, struct buf *ret);

/* Reads a value of /proc or /sys as a string, without the newline at its end. Returns 0, -EFBIG if
 * dst is too small, or -errno. */
_must_check_ int file_read_line(int dirfd, const char *path, char *dst, size_t size);

/* Writes a value to an existing file of /proc or /sys. Returns 0 or -errno. */
_must_check_ int file_write(int dirfd, const char *path, const void *data, size_t len);

/*
 * Replaces path atomically, also across a power cut: writes path.tmp.PID, fsync, rename, fsync of
 * the folder. mode: subject to the umask. Returns 0 or -errno; path then has its old contents, or
 * the new ones if only the last fsync failed. If several processes replace path at once, the last
 * one wins. A process killed meanwhile leaves path.tmp.PID; the next call with that PID removes it,
 * and cache_sweep does in a cache of the host.
 */
_must_check_ int file_replace(int dirfd, const char *path, const void *data, size_t len,
			      mode_t mode);

/* mkdir -p below dirfd. Returns 0 (also if the folder exists), -ENOTDIR if a component is not a
 * folder, or -errno. */
_must_check_ int file_mkdirs(int dirfd, const char *path, mode_t mode);

#endif
