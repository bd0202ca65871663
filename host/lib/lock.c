/* SPDX-License-Identifier: MIT */
/*
 * lock.c - a lock on a file that other programs open and lock, too
 *
 * Theory of operation: flock(2) and fcntl(2)'s locks on bytes, which are QEMU's (the bytes 100 to
 * 107 and 200 to 207 of an image, block/file-posix.c), do not see each other. But network file
 * systems have locks on bytes alone, and make of flock(2) a lock on all of them (flock(2), "NFS
 * details" and "CIFS details"; for 9p and AFS fs/9p/vfs_file.c and fs/afs/flock.c). QEMU could not
 * open an image that its own launcher has locked, and with SMB 2 nobody else could even read it. So
 * one byte is locked there that no file has.
 */
#include "host/lib/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "host/lib/host_fs.h"

#ifndef F_OFD_SETLK
#define F_OFD_SETLK 37
#endif

#define FAR_AWAY ((off_t)1 << 61)

/* linux/magic.h; cifs says CIFS or SMB2 by the dialect. 9p has its server's number
 * (fs/9p/vfs_super.c, v9fs_statfs), so its name counts. */
static bool locks_bytes_only(int fd)
{
	static const unsigned int magics[] = {
		0x6969 /* NFS */,
		0xff534d42 /* CIFS */,
		0xfe534d42 /* SMB2 */,
		0x5346414f /* AFS */,
	};
	struct host_fs named;
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if ((unsigned int)fs.f_type == magics[i])
			return true;
	return host_fs_of(fd, &named) == 0 && str_eq(named.type, "9p");
}

/* Of the open file (F_OFD_SETLK): one of a process would go when that closes any other descriptor
 * of it. */
static int lock_byte(int fd, bool shared)
{
	struct flock lock = { .l_type = shared ? F_RDLCK : F_WRLCK,
			      .l_whence = SEEK_SET,
			      .l_start = FAR_AWAY,
			      .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &lock);
}

int lock_file(int fd, bool shared)
{
	int r = locks_bytes_only(fd) ? lock_byte(fd, shared) :
				       flock(fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB);

	if (r == 0)
		return 0;
	return errno == EWOULDBLOCK || errno == EACCES ? -EBUSY : -errno;
}

bool lock_is_at(int fd, const char *path)
{
	struct stat st, named;

	return fstat(fd, &st) == 0 && lstat(path, &named) == 0 && st.st_ino == named.st_ino &&
	       st.st_dev == named.st_dev;
}
