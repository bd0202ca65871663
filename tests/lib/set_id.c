/* SPDX-License-Identifier: MIT */
/*
 * set_id.c - guest root's attempts to leave set-user-ID and set-group-ID files, and devices, in the
 * current folder
 *
 * One line each: what, and the call's result, 0 or the errno. The host judges by the files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static void say(const char *what, unsigned int mode, int result)
{
	printf("SETID %s %o: %d\n", what, mode, result < 0 ? errno : 0);
}

static int make(const char *name, unsigned int mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	return fd < 0 ? -1 : close(fd);
}

static void with_mode(unsigned int mode)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "open-%o", mode);
	say("open", mode, make(name, mode));
	snprintf(name, sizeof(name), "creat-%o", mode);
	fd = creat(name, mode);
	say("creat", mode, fd < 0 ? -1 : close(fd));
	snprintf(name, sizeof(name), "mknod-%o", mode);
	say("mknod", mode, mknod(name, S_IFREG | mode, 0));
	snprintf(name, sizeof(name), "mkdir-%o", mode);
	say("mkdir", mode, mkdir(name, mode));
	say("chmod-folder", mode, chmod(name, mode));
	snprintf(name, sizeof(name), "chmod-%o", mode);
	say("file", mode, make(name, 0755));
	say("chmod", mode, chmod(name, mode));
	fd = open(name, O_RDONLY | O_CLOEXEC);
	say("fchmod", mode, fchmod(fd, mode));
	close(fd);
	fd = open(".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
	say("tmpfile", mode, fd);
	close(fd);
}

static void device(const char *name, unsigned int type, unsigned int major, unsigned int minor)
{
	say(name, type, mknod(name, type | 0666, makedev(major, minor)));
}

int main(void)
{
	/* vfs_cap_data of capability(7), revision 2: CAP_SETUID, effective. */
	static const unsigned char caps[20] = { 1, 0, 0, 2, 0x80 };

	umask(0);
	with_mode(04755);
	with_mode(02755);
	with_mode(06777);
	device("character", S_IFCHR, 1, 3);
	device("block", S_IFBLK, 7, 0);
	say("file", 0, make("capable", 0755));
	say("capability", 0, setxattr("capable", "security.capability", caps, sizeof(caps), 0));
	return 0;
}
