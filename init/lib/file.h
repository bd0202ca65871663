/* SPDX-License-Identifier: MIT */
/* file.h - whole files and whole writes, relative to a folder's descriptor */
#ifndef STOREBOOT_FILE_H
#define STOREBOOT_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "init/lib/str.h"

/* Writes all of it, through short writes and EINTR. Returns 0 or -errno. */
_must_check_ int file_write_all(int fd, const void *data, size_t len);

/* Reads exactly len bytes at offset. Returns 0, -EIO at an early end, or -errno. */
_must_check_ int file_pread_all(int fd, void *data, size_t len, off_t offset);

/*
 * Appends the rest of fd to ret. Returns 0, -EFBIG when there are more than max bytes, or -errno;
 * on failure ret keeps what it had plus a part of the file.
 */
_must_check_ int file_read_fd(int fd, size_t max, struct buf *ret);

/* Reads a whole file (also of /proc and /sys, whose size is 0). dirfd: as openat(2). Returns as
 * file_read_fd. */
_must_check_ int file_read(int dirfd, const char *path, size_t max, struct buf *ret);

/* Like file_read, and drops one newline at the end: for /proc and /sys values. */
_must_check_ int file_read_line(int dirfd, const char *path, char *dst, size_t size);

/* Writes a value into an existing file (of /proc, /sys). Returns 0 or -errno. */
_must_check_ int file_write(int dirfd, const char *path, const void *data, size_t len);

/*
 * Replaces path so that a reader, also after a power cut, sees the old or the new content, whole:
 * writes path.tmp.PID, fsync, rename, fsync of the folder. Returns 0 or -errno; on failure path is
 * as before, or new where only the last step failed: whole in either case. mode: less the umask. Of
 * processes that do this at once the last one wins. What one leaves that is killed meanwhile goes
 * with the next of its PID; in a cache of the host, with cache_sweep.
 */
_must_check_ int file_replace(int dirfd, const char *path, const void *data, size_t len,
			      mode_t mode);

/* mkdir -p below dirfd. Returns 0 (also when the folder is there), -ENOTDIR when something else is,
 * or -errno. */
_must_check_ int file_mkdirs(int dirfd, const char *path, mode_t mode);

#endif
