/* SPDX-License-Identifier: MIT */
/* last_words.c - tests of what is shown of a guest's console: the cause, not the processor's state
 */
#include "host/vm/last_words.h"

#include "tests/lib/test.h"

/* Linux 6.1, x86_64: stage 2's interpreter is not there. */
static const char panic[] =
	"[    9.1] storeboot: stage2 /nix/store/x/init, 9100.1 ms after the kernel's start\r\n"
	"/init: line 3: exec: bash: not found\r\n"
	"[   12.979668] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00\r\n"
	"[   12.980099] CPU: 0 PID: 1 Comm: init Not tainted 6.1.0-57-amd64 #1  Debian 6.1.192-3\r\n"
	"[   12.980394] Hardware name: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2-1 04/01/2014\r\n"
	"[   12.980696] Call Trace:\r\n"
	"[   12.980824]  <TASK>\r\n"
	"[   12.981135]  panic+0x118/0x2f4\r\n"
	"[   12.982726]  ? btf_check_all_metas+0x1c4/0x290 [cifs]\r\n"
	"[   12.982847] RIP: 0033:0x7f2ad3a4b2c1\r\n"
	"[   12.982848] Code: Unable to access opcode bytes at 0x7f2ad3a4b297.\r\n"
	"[   12.982849] RSP: 002b:00007ffd2a3c5a68 EFLAGS: 00000246 ORIG_RAX: 00000000000000e7\r\n"
	"[   12.982850] RAX: ffffffffffffffda RBX: 00007f2ad3b3d9c0 RCX: 00007f2ad3a4b2c1\r\n"
	"[   12.982851] R10: 0000000000000008 R11: 0000000000000246 R12: 00007f2ad3b3d9c0\r\n"
	"[   12.983439]  </TASK>\r\n"
	"[   12.983440] Kernel Offset: 0x21200000 from 0xffffffff81000000\r\n"
	"[   12.983441] ---[ end Kernel panic - not syncing: Attempted to kill init! ]---\r\n";

/* An oops before the panic; CONFIG_PRINTK_CALLER. */
static const char oops[] =
	"[    5.1][  T201] sysrq: Trigger a crash\n"
	"[    5.2][  T201] BUG: kernel NULL pointer dereference, address: 0000000000000000\n"
	"[    5.2][  T201] #PF: supervisor write access in kernel mode\n"
	"[    5.2][  T201] Oops: 0002 [#1] PREEMPT SMP NOPTI\n"
	"[    5.2][  T201] CPU: 0 UID: 0 PID: 201 Comm: sh Not tainted 6.12.1 #1\n"
	"[    5.2][  T201] RIP: 0010:sysrq_handle_crash+0x16/0x20\n"
	"[    5.2][  T201] FS:  00007f0000000000(0000) GS:ffff888000000000(0000) knlGS:0000000000000000\n"
	"[    5.2][  T201] CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033\n"
	"[    5.2][  T201] CR2: 0000000000000000 CR3: 0000000003b14000 CR4: 00000000000006f0\n"
	"[    5.2][  T201] Modules linked in: cifs ext4\n"
	"[    5.2][  T201] ---[ end trace 0000000000000000 ]---\n"
	"[    5.3][  T201] Kernel panic - not syncing: Fatal exception\n"
	"[    5.3][  T201] Kernel Offset: disabled\n";

static const char arm64[] =
	"about to fail\n"
	"[    3.0] Kernel panic - not syncing: Attempted to kill init!\n"
	"[    3.0] pc : el0_svc+0x1c/0x40\n"
	"[    3.0] sp : ffff80008000be60\n"
	"[    3.0] x29: ffff80008000be60 x28: ffff000000200000 x27: 0000000000000000\n"
	"[    3.0] x9 : ffff80008000be60\n"
	"[    3.0] SMP: stopping secondary CPUs\n";

static const char *shown(const char *console, bool panicked)
{
	static char text[1200];

	last_words_lines(console, panicked, text, sizeof(text));
	return text;
}

static void the_cause_is_shown(void)
{
	CHECK_STR(
		shown(panic, true),
		"[    9.1] storeboot: stage2 /nix/store/x/init, 9100.1 ms after the kernel's start\n"
		"/init: line 3: exec: bash: not found\n"
		"[   12.979668] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00007f00");
	CHECK_STR(
		shown(oops, true),
		"[    5.1][  T201] sysrq: Trigger a crash\n"
		"[    5.2][  T201] BUG: kernel NULL pointer dereference, address: 0000000000000000\n"
		"[    5.2][  T201] #PF: supervisor write access in kernel mode\n"
		"[    5.2][  T201] Oops: 0002 [#1] PREEMPT SMP NOPTI\n"
		"[    5.3][  T201] Kernel panic - not syncing: Fatal exception");
	CHECK_STR(shown(arm64, true),
		  "about to fail\n"
		  "[    3.0] Kernel panic - not syncing: Attempted to kill init!");
	/* An oops alone, and the guest hangs. */
	CHECK_HAS(shown(oops, false), "BUG: kernel NULL pointer dereference");
}

/* Without the kernel's times (printk.time=0) a panic's dump is one all the same; else it may be a
 * program's. */
static void without_times(void)
{
	static const char plain[] =
		"exec: bash: not found\n" LAST_WORDS_PANIC ": x\nCPU: 0 PID: 1\n"
		" panic+0x1/0x2\n";

	CHECK_STR(shown(plain, true), "exec: bash: not found\n" LAST_WORDS_PANIC ": x");
	CHECK_STR(shown(plain, false),
		  "exec: bash: not found\n" LAST_WORDS_PANIC ": x\nCPU: 0 PID: 1\n"
		  " panic+0x1/0x2");
	CHECK_STR(shown("Code: 5\nRIP: here\n[ok] CPU: 3\n[] x\n[", false),
		  "Code: 5\nRIP: here\n[ok] CPU: 3\n[] x\n[");
}

/* What only looks like a register or a call is not left out. */
static void other_lines(void)
{
	static const char *const kept[] = {
		"[ 1.0] eth0: renamed from eth1", "[ 1.0] face decade12ab",
		"[ 1.0] init: cannot open",	  "[ 1.0] usb 1-1: new device 00000001",
		"[ 1.0] a: ffffffffffff",	  "[ 1.0] ata1: SATA link down"
	};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		CHECK_STR(shown(kept[i], true), kept[i]);
}

static void words(void)
{
	CHECK(!last_words_panic(""));
	CHECK(!last_words_panic("---[ end " LAST_WORDS_PANIC ": x ]---"));
	CHECK_HAS(last_words_panic(panic),
		  ": Attempted to kill init! exitcode=0x00007f00\r\n[   12.98");
	CHECK(last_words_restarted("x\n[ 1.0] reboot: Restarting system\n") &&
	      !last_words_restarted(panic));
	CHECK(!last_words_memory(panic));
	CHECK_STR(last_words_memory("[ 1.0] Out of memory: Killed process 1 (init)\n"),
		  "Out of memory: Killed process");
	CHECK(!last_words_memory("[ 1.0] Memory cgroup out of memory: Killed process 7 (x)\n"));
}

int main(void)
{
	RUN(the_cause_is_shown);
	RUN(without_times);
	RUN(other_lines);
	RUN(words);
	TEST_END();
}
