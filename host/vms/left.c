/* SPDX-License-Identifier: MIT */
/*
 * left.c - processes that a killed launcher leaves
 *
 * Theory of operation: the kernel kills a launcher's children with it (PR_SET_PDEATHSIG), except a
 * process that has not asked for this yet. bwrap's child is one: it waits on an eventfd, which it
 * holds itself, until bwrap has written its user map. If bwrap is killed before that, it waits
 * forever. So whoever removes a dead VM's folders also kills its processes. Each program that a
 * launcher executes has the VM's mark in its environment, and so do its forks. The mark is the
 * device and inode of the VM's folder, because in a container the same path may be another VM's.
 */
#include "host/vms/left.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "init/lib/file.h"

#define VARIABLE "STOREBOOT_VM_MARK"
#define ENVIRON_MAX ((size_t)8 << 20) /* more than execve(2) accepts */
#define TRIES 200		      /* 5 ms apart */

/* VARIABLE=VALUE; ret has 80 bytes. */
static int mark_of(int base, const char *name, char *ret)
{
	struct stat st;

	if (fstatat(base, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return str_format(ret, 80, VARIABLE "=%llx:%llx", (unsigned long long)st.st_dev,
			  (unsigned long long)st.st_ino);
}

int left_mark(int base, const char *name)
{
	char mark[80];
	int r = mark_of(base, name, mark);

	if (r < 0)
		return r;
	return setenv(VARIABLE, mark + strlen(VARIABLE "="), 1) < 0 ? -errno : 0;
}

static bool has_mark(int proc, const char *pid, const char *mark)
{
	_cleanup_buf_ struct buf text = { 0 };
	char path[300];
	struct stat st;

	if (fstatat(proc, pid, &st, 0) < 0 || st.st_uid != geteuid() ||
	    str_format(path, sizeof(path), "%s/environ", pid) < 0 ||
	    file_read(proc, path, ENVIRON_MAX, &text) < 0)
		return false;
	for (size_t at = 0; at < text.len; at += strlen(text.data + at) + 1)
		if (str_eq(text.data + at, mark))
			return true;
	return false;
}

/* Returns how many processes it found. */
static unsigned int kill_marked(const char *mark)
{
	_cleanup_closedir_ DIR *d = opendir("/proc");
	const struct dirent *entry;
	unsigned int n = 0;

	while (d && (entry = readdir(d))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !has_mark(dirfd(d), entry->d_name, mark))
			continue;
		kill((pid_t)atoi(entry->d_name), SIGKILL);
		n++;
	}
	return n;
}

/* A killed process may have started another just before: looks again until there is none. */
void left_kill(int base, const char *name)
{
	const struct timespec pause = { 0, 5000000 };
	char mark[80];

	if (mark_of(base, name, mark) < 0)
		return;
	for (int i = 0; i < TRIES && kill_marked(mark) > 0; i++)
		nanosleep(&pause, NULL);
}
