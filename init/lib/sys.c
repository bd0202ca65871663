/* SPDX-License-Identifier: MIT */
/* sys.c - system calls that musl 1.2.3 has no wrapper for, and the clock */
#include "init/lib/sys.h"

#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int ret(long r)
{
	return r < 0 ? -errno : (int)r;
}

int sys_finit_module(int fd, const char *params, int flags)
{
	return ret(syscall(SYS_finit_module, fd, params, flags));
}

int sys_fsopen(const char *type, unsigned int flags)
{
	return ret(syscall(SYS_fsopen, type, flags));
}

int sys_fsconfig(int fs, unsigned int cmd, const char *key, const void *value, int aux)
{
	return ret(syscall(SYS_fsconfig, fs, cmd, key, value, aux));
}

int sys_fsmount(int fs, unsigned int flags, unsigned int attrs)
{
	return ret(syscall(SYS_fsmount, fs, flags, attrs));
}

int sys_move_mount(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags)
{
	return ret(syscall(SYS_move_mount, from_dir, from, to_dir, to, flags));
}

int sys_open_tree(int dir, const char *path, unsigned int flags)
{
	return ret(syscall(SYS_open_tree, dir, path, flags));
}

int sys_pidfd_open(pid_t pid)
{
	return ret(syscall(SYS_pidfd_open, pid, 0));
}

uint64_t sys_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

int sys_left_ms(uint64_t deadline_us)
{
	uint64_t now = sys_now_us();

	if (deadline_us == 0)
		return -1;
	return now >= deadline_us ? 0 : (int)((deadline_us - now + 999) / 1000);
}
