/* SPDX-License-Identifier: MIT */
/*
 * lock.c - locks on files that other programs also open and lock
 *
 * flock(2) locks and fcntl(2) byte locks do not see each other. QEMU uses byte locks (bytes 100 to
 * 107 and 200 to 207 of an image, block/file-posix.c). But network file systems have only byte
 * locks, and turn flock(2) into a lock on all bytes (flock(2), "NFS details" and "CIFS details";
 * for 9p and AFS fs/9p/vfs_file.c and fs/afs/flock.c). Then QEMU could not open an image locked by
 * its own launcher, and with SMB 2 nobody else could even read it. So there, a single byte beyond
 * the end of any file is locked.
 */
#include "host/lib/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "host/lib/host_fs.h"

#ifndef F_OFD_SETLK
#define F_OFD_SETLK 37
#endif

#define FAR_AWAY ((off_t)1 << 61)

/* Magic numbers from linux/magic.h; cifs reports CIFS or SMB2 depending on the dialect. 9p reports
 * its server's number (fs/9p/vfs_super.c, v9fs_statfs), so check its name. */
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

/* An F_OFD_SETLK lock belongs to the open file. A process's lock would be lost when the process
 * closes any other descriptor of the file. */
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

/* Returns the file system's device number as in /proc/locks. On btrfs stat(2) has another one. */
static dev_t device_of(const char *path, const struct stat *st)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct host_fs fs;

	return fd >= 0 && host_fs_of(fd, &fs) == 0 ? fs.dev : st->st_dev;
}

/* Searches /proc/locks (proc(5)) once for a flock on that file. Returns the pid, or 0. */
static int find_flock(dev_t dev, const struct stat *st)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/locks", "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		unsigned int major_no, minor_no;
		unsigned long long inode;
		int pid;

		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%llu", &pid, &major_no, &minor_no,
			   &inode) == 4 &&
		    inode == st->st_ino && makedev(major_no, minor_no) == dev)
			return pid;
	}
	return 0;
}

/* The kernel writes the list page by page and finds its place again by counting (fs/seq_file.c), so
 * a lock that goes away meanwhile can hide another one: 3 times in 1,900 when twenty launchers ran
 * for one image. Hence the retries. */
pid_t lock_holder(const char *path, const struct stat *st)
{
	const dev_t dev = device_of(path, st);
	int pid = 0;

	for (int looks = 0; pid == 0 && looks < 5; looks++)
		pid = find_flock(dev, st);
	return pid;
}
