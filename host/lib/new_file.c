/* SPDX-License-Identifier: MIT */
/*
 * new_file.c - creating a file that gets its name when complete
 *
 * A file without a name (O_TMPFILE) disappears with its process, and link(2) refuses a name that is
 * taken. NFS, CIFS, 9p, FAT, JFS, NILFS2, FUSE and, before Linux 6.3, overlayfs have no O_TMPFILE.
 * There the file has a temporary name, and renameat2(2) with RENAME_NOREPLACE gives it the right
 * one. NFS, 9p and most of FUSE lack that rename but have link(2); FAT has the rename but no hard
 * links. VirtualBox's vboxsf has neither: there open(2) with O_EXCL creates an empty file of the
 * name, which a rename replaces.
 *
 * A killed writer leaves its temporary file. A writer keeps its file locked while it lives, so a
 * file that can be locked is left over, and the next writer of the same file removes it.
 */
#include "host/lib/new_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/lib/lock.h"
#include "init/lib/file.h"
#include "init/lib/log.h"

/* linux/fs.h, which clashes with sys/mount.h on some hosts */
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

#define TRIES 100 /* a process with our PID may have left its file */
#define PREFIX_MAX 200

int new_file_writer(int dir, const char *name)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return -EPERM;
	r = lock_file(fd, true);
	return r == -EBUSY ? 1 : r;
}

/* Removes temporary files of killed writers. Best effort: they only waste disk space. */
static void remove_left_over(int at, const char *prefix)
{
	int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_closedir_ DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (!d)
		cleanup_close(&fd);
	while (d && (entry = readdir(d))) {
		const char *number = str_after(entry->d_name, prefix);

		if (number && *number && !number[strspn(number, "0123456789.")] &&
		    new_file_writer(at, entry->d_name) == 0)
			unlinkat(at, entry->d_name, 0);
	}
}

/* Locks the new file. Returns false if another process removed it as left over just before. On a
 * file system without locks nobody removes it. */
static bool lock_new(const struct new_file *f)
{
	return lock_file(f->fd, false) != -EBUSY &&
	       (faccessat(f->dir, f->tmp, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT);
}

/* try: how many names were taken. */
static void set_temporary(struct new_file *f, const char *prefix, int try)
{
	snprintf(f->tmp, sizeof(f->tmp), try ? "%.*s%d.%d" : "%.*s%d", PREFIX_MAX, prefix,
		 (int)getpid(), try);
}

static int open_temporary(const char *prefix, mode_t mode, struct new_file *f)
{
	int r = -EEXIST;

	/* A prefix that is cut could match another file's. */
	if (strlen(prefix) <= PREFIX_MAX)
		remove_left_over(f->dir, prefix);
	for (int i = 0; i < TRIES && r == -EEXIST; i++) {
		set_temporary(f, prefix, i);
		f->fd = openat(f->dir, f->tmp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			       mode);
		if (f->fd >= 0 && lock_new(f))
			return 0;
		r = f->fd >= 0 ? -EEXIST : -errno;
		cleanup_close(&f->fd);
		f->fd = -1;
	}
	f->tmp[0] = '\0';
	return r;
}

/* If O_TMPFILE fails for any reason, try a temporary name: that works, or sets the errno to
 * report. */
int new_file_open(int at, const char *folder, const char *prefix, mode_t mode, struct new_file *ret)
{
	*ret = (struct new_file)NEW_FILE_INIT;
	ret->dir = openat(at, folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (ret->dir < 0)
		return -errno;
	ret->fd = openat(ret->dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	return ret->fd >= 0 ? 0 : open_temporary(prefix, mode, ret);
}

/* Does errno say that the file system or kernel lacks the operation? */
static bool cannot(int err)
{
	return err == EINVAL || err == ENOSYS || err == EOPNOTSUPP || err == EPERM;
}

static int replace_empty(int dir, const char *from, const char *to)
{
	_cleanup_close_ int fd =
		openat(dir, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	if (renameat(dir, from, dir, to) == 0)
		return 0;
	r = -errno;
	unlinkat(dir, to, 0);
	return r;
}

int new_file_rename(int dir, const char *from, const char *to)
{
	if (syscall(SYS_renameat2, dir, from, dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (!cannot(errno))
		return -errno;
	if (linkat(dir, from, dir, to, 0) == 0)
		return unlinkat(dir, from, 0) < 0 ? -errno : 0;
	return cannot(errno) ? replace_empty(dir, from, to) : -errno;
}

/* open(2) describes this use of the magic link under O_TMPFILE. */
static int link_nameless(const struct new_file *f, const char *name)
{
	char file[64];

	snprintf(file, sizeof(file), "/proc/self/fd/%d", f->fd);
	return linkat(AT_FDCWD, file, f->dir, name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

/* Syncs the folder, so that the name survives a power cut. */
static int named(struct new_file *f, const char *name)
{
	_cleanup_close_ int folder = openat(f->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	f->tmp[0] = '\0';
	if (folder >= 0 && fsync(folder) < 0)
		log_trace("the folder of %s: %s", name, strerror(errno));
	return 0;
}

int new_file_name(struct new_file *f, const char *name)
{
	int r = f->tmp[0] ? new_file_rename(f->dir, f->tmp, name) : link_nameless(f, name);

	return r < 0 ? r : named(f, name);
}

/* Gives a nameless file a temporary name: link(2) replaces none. */
static int name_temporarily(struct new_file *f, const char *prefix)
{
	int r = lock_file(f->fd, false);

	if (r == -EBUSY)
		return r;
	r = -EEXIST;
	for (int i = 0; i < TRIES && r == -EEXIST; i++) {
		set_temporary(f, prefix, i);
		r = link_nameless(f, f->tmp);
	}
	if (r < 0)
		f->tmp[0] = '\0';
	return r;
}

int new_file_replace(struct new_file *f, const char *prefix, const char *name)
{
	int r = f->tmp[0] ? 0 : name_temporarily(f, prefix);

	if (r < 0)
		return r;
	return renameat(f->dir, f->tmp, f->dir, name) < 0 ? -errno : named(f, name);
}

void new_file_forget(struct new_file *f)
{
	if (f->tmp[0])
		unlinkat(f->dir, f->tmp, 0);
	f->tmp[0] = '\0';
}

void new_file_close(struct new_file *f)
{
	new_file_forget(f);
	cleanup_close(&f->fd);
	cleanup_close(&f->dir);
	*f = (struct new_file)NEW_FILE_INIT;
}
