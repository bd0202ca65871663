/* SPDX-License-Identifier: MIT */
/* resume.c - finish or repeat a format that was interrupted */
#include <errno.h>
#include <fcntl.h>

#include "fs/format.h"
#include "fs/marker.h"
#include "fs/zero.h"
#include "init/lib/file.h"

/* Opens the disk exclusively (open(2), O_EXCL on a block device) and reads the UUID of its marker.
 * Fails if there is no marker, whatever the caller has found. */
static int open_marked(const char *path, const char *what, int *ret_fd, uint8_t *ret_uuid,
		       struct err *e)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_EXCL | O_CLOEXEC);
	uint8_t sector[MARKER_SIZE];
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	uint64_t marked;
	int r;

	if (size < 0)
		return err_sys(e, errno, "cannot open %s to %s", path, what);
	r = file_pread_all(fd, sector, sizeof(sector), 0);
	if (r < 0)
		return err_sys(e, r, "cannot read %s to %s; disk unchanged", path, what);
	if (!marker_parse(sector, (uint64_t)size, ret_uuid, &marked))
		return err_set(e, EUCLEAN, "cannot %s %s: its marker is gone; disk unchanged", what,
			       path);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int zero_rest(const char *path, struct err *e)
{
	_cleanup_close_ int fd = -1;
	uint8_t uuid[16];
	int r = open_marked(path, "format again", &fd, uuid, e);

	if (r < 0)
		return r;
	r = fs_zero_fill(fd, MARKER_SIZE, (uint64_t)lseek(fd, 0, SEEK_END));
	if (r < 0)
		return err_sys(e, r,
			       "cannot zero what a format that was cut short has left on %s; "
			       "partly written, holds no file system; the next boot formats it "
			       "again",
			       path);
	return 0;
}

int fs_format_again(const char *path, const struct fs_type *type, struct err *e)
{
	/* zero_rest() has closed its descriptor, because make opens the disk exclusively. */
	int r = zero_rest(path, e);

	return r < 0 ? r : type->make(path, 0, NULL, e);
}

int fs_format_finish(const char *path, const struct fs_type *type, struct err *e)
{
	_cleanup_close_ int fd = -1;
	uint8_t uuid[16], head[FS_HEAD_SIZE];
	int r = open_marked(path, "finish the format of", &fd, uuid, e);

	if (r < 0)
		return r;
	r = file_pread_all(fd, head, sizeof(head), 0);
	if (r < 0)
		return err_sys(e, r, "cannot read the superblock of %s; disk unchanged", path);
	if (!type->whole(head, uuid, (uint64_t)lseek(fd, 0, SEEK_END)))
		return err_set(e, EUCLEAN,
			       "the file system that a format was making on %s is not whole; disk "
			       "unchanged; it was never mounted, a new disk can take its place",
			       path);
	r = marker_write(fd, NULL);
	return r < 0 ? err_sys(e, r, "cannot take the marker of a format off %s", path) : 0;
}
