/* SPDX-License-Identifier: MIT */
/* kernel.h - what a file is that is given as a kernel, and what it says of itself */
#ifndef STOREBOOT_HOST_KERNEL_H
#define STOREBOOT_HOST_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

struct kernel {
	uint16_t machine;  /* ELF's number for the architecture (EM_X86_64, ...) */
	char release[128]; /* uname -r; "" when the image does not say */
	bool page_16k;	   /* arm64 with pages of 16 KiB, which many a processor does not have */
	uint64_t memory;   /* bytes of the machine's that it needs to unpack itself; 0: it does not
			      say */
	bool packed;	   /* a compressed image, other than bzImage, which unpacks itself */
};

/*
 * Recognises x86's bzImage (of either width), arm64's and RISC-V's Image (also packed with gzip, xz
 * or zstd, also as EFI zboot), and vmlinux. A pure function of the file's bytes. Returns 0,
 * -ENODATA when the file is cut short, -ENOEXEC when it is no kernel, or another -errno of
 * unpacking.
 */
_must_check_ int kernel_parse(const void *data, size_t len, struct kernel *ret);

/* The same for a file. Returns 0 or -errno with e (EXIT_BAD_INPUT). */
_must_check_ int kernel_read(const char *path, struct kernel *ret, struct err *e);

/* Appends the image of a packed kernel to ret, as every QEMU can load it. Returns 0 or -errno with
 * e (EXIT_BAD_INPUT). */
_must_check_ int kernel_unpack(const char *path, struct buf *ret, struct err *e);

/*
 * Does the kernel's configuration have CONFIG_<option>=y? Looks for the text beside the image
 * (config-RELEASE) and in the modules' folder (config); image may be NULL, modules_fd -1. Returns 1
 * yes, 0 no, -ENOENT when there is no configuration to read. A copy within the image (IKCONFIG) is
 * not looked for: unpacking the kernel costs more than any answer can save.
 */
_must_check_ int kernel_config(const char *image, const char *release, int modules_fd,
			       const char *option);

#endif
