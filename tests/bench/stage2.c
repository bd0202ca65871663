/* SPDX-License-Identifier: MIT */
/*
 * stage2.c - the smallest stage 2: leaves a clean disk and powers off
 *
 * No libc and no start-up code: its entry point, linked at an address of its own, is the marker at
 * which the counter stops (count.c), so nothing may run before it. What follows is not counted: the
 * root goes read-only, so that the next boot finds a disk with no journal to replay.
 */
#include <linux/mount.h>
#include <linux/reboot.h>
#include <sys/syscall.h>

#if !defined(__x86_64__)
#error "written for x86_64"
#endif

static inline long call(long number, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = 0;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

void _start(void);

__attribute__((noreturn, used, force_align_arg_pointer)) void _start(void)
{
	call(SYS_sync, 0, 0, 0, 0);
	call(SYS_mount, 0, (long)"/", 0, MS_REMOUNT | MS_RDONLY);
	for (;;)
		call(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		     LINUX_REBOOT_CMD_POWER_OFF, 0);
}
