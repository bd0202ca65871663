/* SPDX-License-Identifier: MIT */
/*
 * lesser_fs.h - file systems that lack something, for unit tests: this program's system calls stand
 * before libc's
 *
 * What each one lacks was seen on Linux 6.1. Not every machine can mount them; the guest of
 * vm/host-fs can.
 */
#ifndef STOREBOOT_LESSER_FS_H
#define STOREBOOT_LESSER_FS_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/lib/folder.h"
#include "tests/lib/test.h"

enum lack {
	NO_TMPFILE = 1,
	NO_LINK = 2,
	NO_RENAME_NEW = 4, /* a rename that replaces nothing */
	NO_MODES = 8,
	FAT_TIMES = 16,
	BYTE_LOCKS = 32, /* flock(2) is a lock on all bytes */
	NO_REOPEN = 64,	 /* a file without a name cannot be opened by /proc/self/fd/N */
};

static unsigned int lacks; /* enum lack */
static void (*meanwhile)(
	void); /* what another process does before the next lock, link or rename; NULL: nothing */

static inline void do_meanwhile(void)
{
	void (*other)(void) = meanwhile;

	meanwhile = NULL;
	if (other)
		other();
}

static const struct lesser {
	const char *name;
	unsigned int lacks;
} lesser[] = {
	{ "it is", 0 },
	{ "overlay", NO_TMPFILE },
	{ "vfat", NO_TMPFILE | NO_LINK | NO_MODES | FAT_TIMES },
	{ "nfs", NO_TMPFILE | NO_RENAME_NEW | BYTE_LOCKS },
	{ "vboxsf", NO_TMPFILE | NO_LINK | NO_RENAME_NEW | NO_MODES },
};

/* Runs the tests in a new folder, top, of each of these; with an argument only of the first, the
 * file system as it is. */
static inline void lesser_run(int argc, void (*tests)(const char *top))
{
	for (size_t i = 0; i < (argc > 1 ? 1 : sizeof(lesser) / sizeof(lesser[0])); i++) {
		char top[PATH_MAX];
		struct err e = { 0 };

		if (folder_make(top, &e) < 0)
			CHECK_STR(e.text, "");
		printf("# as on: %s\n", lesser[i].name);
		lacks = lesser[i].lacks;
		tests(top);
		lacks = 0;
		folder_remove(top);
	}
}

static inline long fails(int err)
{
	errno = err;
	return -1;
}

static long (*libc_syscall(void))(long, ...)
{
	static long (*real)(long, ...);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	return real;
}

int openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if ((lacks & NO_TMPFILE) && (flags & O_TMPFILE) == O_TMPFILE)
		return (int)fails(EOPNOTSUPP);
	return (int)libc_syscall()(SYS_openat, dir, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if ((lacks & NO_REOPEN) && !strncmp(path, "/proc/self/fd/", 14))
		return (int)fails(ENOENT);
	return openat(AT_FDCWD, path, flags, mode);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	do_meanwhile();
	return (int)(lacks & NO_LINK ?
			     fails(EPERM) :
			     libc_syscall()(SYS_linkat, from_dir, from, to_dir, to, flags));
}

/* renameat2(2), which not every libc has a function for. */
long syscall(long number, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_renameat2)
		do_meanwhile();
	if ((lacks & NO_RENAME_NEW) && number == SYS_renameat2)
		return fails(EINVAL);
	return libc_syscall()(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int fchmod(int fd, mode_t mode)
{
	return (int)(lacks & NO_MODES ? fails(EPERM) : libc_syscall()(SYS_fchmod, fd, mode));
}

/* From 1980 on, two seconds each. */
int futimens(int fd, const struct timespec times[2])
{
	struct timespec t[2] = { times[0], times[1] };

	for (int i = 0; i < 2 && lacks & FAT_TIMES; i++)
		if (t[i].tv_nsec != UTIME_NOW && t[i].tv_nsec != UTIME_OMIT)
			t[i] = (struct timespec){ t[i].tv_sec < 315532800 ? 315532800 :
									    t[i].tv_sec & ~1,
						  0 };
	return (int)libc_syscall()(SYS_utimensat, fd, NULL, t, 0);
}

int flock(int fd, int kind)
{
	struct flock all = { .l_type = kind & LOCK_UN ? F_UNLCK :
				       kind & LOCK_SH ? F_RDLCK :
							F_WRLCK };

	do_meanwhile();
	if (!(lacks & BYTE_LOCKS))
		return (int)libc_syscall()(SYS_flock, fd, kind);
	return fcntl(fd, kind & LOCK_NB ? F_OFD_SETLK : F_OFD_SETLKW, &all);
}

int fstatfs(int fd, struct statfs *ret)
{
	int r = (int)libc_syscall()(SYS_fstatfs, fd, ret);

	if (r == 0 && lacks & BYTE_LOCKS)
		ret->f_type = 0x6969; /* linux/magic.h, NFS_SUPER_MAGIC */
	return r;
}

#endif
