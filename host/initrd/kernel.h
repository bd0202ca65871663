/* SPDX-License-Identifier: MIT */
/* kernel.h - recognising a kernel image and reading its properties */
#ifndef STOREBOOT_HOST_KERNEL_H
#define STOREBOOT_HOST_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

struct kernel {
	uint16_t machine;  /* ELF machine number (EM_X86_64, ...) */
	char release[128]; /* uname -r; "" if the image does not have it */
	bool page_16k;	   /* arm64 with 16 KiB pages, which many processors do not support */
	uint64_t memory;   /* bytes of guest memory that it needs to unpack itself; 0: not known */
	bool packed;	   /* compressed, except bzImage, which unpacks itself */
};

/*
 * Recognises x86's bzImage (32 and 64 bits), arm64's and RISC-V's Image (also packed with gzip, xz
 * or zstd, and as EFI zboot), and vmlinux. A pure function. Returns 0, -ENODATA if the file is cut
 * short, -ENOEXEC if it is not a kernel, or another -errno of unpacking.
 */
_must_check_ int kernel_parse(const void *data, size_t len, struct kernel *ret);

/* The same for a file. Returns 0 or -errno with e (EXIT_BAD_INPUT). */
_must_check_ int kernel_read(const char *path, struct kernel *ret, struct err *e);

/* Appends the unpacked image of a packed kernel to ret, which every QEMU can load. Returns 0 or
 * -errno with e (EXIT_BAD_INPUT). */
_must_check_ int kernel_unpack(const char *path, struct buf *ret, struct err *e);

/*
 * Does the kernel's configuration have CONFIG_<option>=y? Reads config-RELEASE beside the image
 * (NULL: none) or config in the folder of modules (-1: none). Returns 1 for yes, 0 for no, -ENOENT
 * if there is no configuration. Does not look for a copy inside the image (IKCONFIG): unpacking the
 * kernel costs more than the answer can save.
 */
_must_check_ int kernel_config(const char *image, const char *release, int modules_fd,
			       const char *option);

#endif
