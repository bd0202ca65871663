/* SPDX-License-Identifier: MIT */
/* sys.h - system calls that musl 1.2.3 has no wrapper for, and the clock */
#ifndef STOREBOOT_SYS_H
#define STOREBOOT_SYS_H

#include <stdint.h>
#include <sys/types.h>

/* All return the result of the system call, with -errno in place of -1. */

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

/* CLOCK_MONOTONIC in microseconds: in the guest, the time since the kernel started. It stops while
 * the machine is suspended, as programs and guests do, so no deadline passes then. */
uint64_t sys_now_us(void);

/* The time left until deadline_us of that clock, for poll(2): milliseconds rounded up, 0 if it has
 * passed, -1 (no limit) if deadline_us is 0. */
int sys_left_ms(uint64_t deadline_us);

#endif
