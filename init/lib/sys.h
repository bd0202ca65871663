/* SPDX-License-Identifier: MIT */
/* sys.h - system calls that musl 1.2.3 has no wrapper for, and the clock */
#ifndef STOREBOOT_SYS_H
#define STOREBOOT_SYS_H

#include <stdint.h>
#include <sys/types.h>

/* All return what the system call returns, with -errno in place of -1. */

/* finit_module(2). flags: MODULE_INIT_COMPRESSED_FILE or 0. */
int sys_finit_module(int fd, const char *params, int flags);

/* The mount API of Linux 5.2 (fsopen(2), fsconfig(2), fsmount(2), move_mount(2), open_tree(2)). */
int sys_fsopen(const char *type, unsigned int flags);
int sys_fsconfig(int fs, unsigned int cmd, const char *key, const void *value, int aux);
int sys_fsmount(int fs, unsigned int flags, unsigned int attrs);
int sys_move_mount(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags);
int sys_open_tree(int dir, const char *path, unsigned int flags);

/* pidfd_open(2), Linux 5.3. */
int sys_pidfd_open(pid_t pid);

/* CLOCK_MONOTONIC in microseconds: in the guest, time since the kernel started. It stands still
 * while the machine sleeps, as do programs and guests, so no deadline passes then. */
uint64_t sys_now_us(void);

/*
 * What is left until deadline_us of that clock, as poll(2) takes it: milliseconds rounded up, 0
 * when it is past; -1 (no limit) for a deadline of 0.
 */
int sys_left_ms(uint64_t deadline_us);

#endif
