/* SPDX-License-Identifier: MIT */
/*
 * accel_probe.S - a boot sector that tests whether an accelerator runs a guest
 *
 * Theory of operation: KVM can open, make a VM and still run nothing, or run real mode for a while
 * and hang early in Linux's boot (in the BIOS call after "Probing EDD"). So this boot sector takes
 * the same path as a kernel: that BIOS call, protected mode, long mode with paging, cpuid and
 * rdtsc, and a loop that does not finish in time if the accelerator emulates each instruction. Only
 * then does it write ACCEL_PROBE_GOOD to QEMU's isa-debug-exit device, and QEMU exits with the
 * value * 2 + 1 (QEMU's hw/misc/debugexit.c). On the way it writes bytes to a debug console as
 * signs of progress. If a step fails, QEMU keeps running, no more signs arrive, and the launcher
 * kills it (stuck.h).
 *
 * The BIOS loads the sector at 0x7c00 in real mode. Page tables are at 0x1000 to 0x3fff.
 */
#include "host/qemu/accel_probe.h"

#define LOAD 0x7c00
#define AT(label) (LOAD + label - accel_probe_sector)

#define CR0_PE 0x00000001
#define CR0_PG 0x80000000
#define CR4_PAE 0x20
#define EFER 0xc0000080
#define EFER_LME 0x100
#define PAGE_PRESENT_WRITE 0x3
#define PAGE_LARGE 0x80

	.section .rodata
	.globl accel_probe_sector, accel_probe_sector_end
	.balign 16
accel_probe_sector:
#ifdef __x86_64__
	.code16
	ljmp	$0, $AT(real)
real:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movw	$LOAD, %sp
	sti
	movw	$ACCEL_PROBE_SIGN, %dx
	outb	%al, %dx
	/* The kernel's EDD probe (arch/x86/boot/edd.c), which asks for the disk extensions. The
	 * answer does not matter, only that the call returns. */
	movb	$0x41, %ah
	movb	$0x80, %dl
	movw	$0x55aa, %bx
	int	$0x13
	cli
	movw	$ACCEL_PROBE_SIGN, %dx
	outb	%al, %dx
	/* Map the first 2 MiB 1:1 by one large page. */
	movw	$0x1000, %di
	xorl	%eax, %eax
	movw	$0x3000 / 4, %cx
	cld
	rep stosl
	movl	$0x2000 | PAGE_PRESENT_WRITE, 0x1000
	movl	$0x3000 | PAGE_PRESENT_WRITE, 0x2000
	movl	$PAGE_PRESENT_WRITE | PAGE_LARGE, 0x3000
	lgdt	AT(gdt_pointer)
	movl	$CR0_PE, %eax
	movl	%eax, %cr0
	ljmpl	$0x08, $AT(protected)

	.code32
protected:
	movw	$0x18, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$0x1000, %eax
	movl	%eax, %cr3
	movl	$EFER, %ecx
	rdmsr
	orl	$EFER_LME, %eax
	wrmsr
	movl	$CR0_PE | CR0_PG, %eax
	movl	%eax, %cr0
	ljmp	$0x10, $AT(long_mode)

	.code64
long_mode:
	xorl	%eax, %eax
	cpuid
	rdtsc
	movw	$ACCEL_PROBE_SIGN, %dx
	outb	%al, %dx
	/* Ten million iterations: instant in hardware and with TCG, too slow if each instruction is
	 * emulated. For that reason the loop sends no signs of progress. */
	movl	$10000000, %ecx
	movabsq	$0x0123456789abcdef, %rax
turn:
	rolq	$1, %rax
	decl	%ecx
	jnz	turn
	/* 10,000,000 is a multiple of 64, so the bits are back where they were. */
	movabsq	$0x0123456789abcdef, %rbx
	cmpq	%rbx, %rax
	jne	stop
	movb	$ACCEL_PROBE_GOOD, %al
	outb	%al, $ACCEL_PROBE_PORT
stop:
	hlt
	jmp	stop

	.balign 8
gdt:
	.quad	0
	.quad	0x00cf9a000000ffff /* 0x08: 32-bit code */
	.quad	0x00af9a000000ffff /* 0x10: 64-bit code */
	.quad	0x00cf92000000ffff /* 0x18: data */
gdt_pointer:
	.word	gdt_pointer - gdt - 1
	.long	AT(gdt)

	.org	accel_probe_sector + 510
	.word	0xaa55
#endif
accel_probe_sector_end:
#ifdef __CET__ /* the mark of an object whose functions are marked; it has none */
#include <cet.h>
#endif
	.section .note.GNU-stack, "", %progbits
