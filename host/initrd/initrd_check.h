/* SPDX-License-Identifier: MIT */
/* initrd_check.h - is a ready-made initramfs whole? */
#ifndef STOREBOOT_HOST_INITRD_CHECK_H
#define STOREBOOT_HOST_INITRD_CHECK_H

#include <stddef.h>

#include "init/lib/err.h"

/*
 * Reads the archives that an initramfs is made of, as the kernel would: each must reach its
 * trailer. Formats that are not unpacked here (bzip2, lzma, lzo) are taken as they are. A pure
 * function. Returns 0, -ENODATA when it is cut short, -EBADMSG when it is damaged, -ENOEXEC when it
 * is no initramfs, -ENOMEM.
 */
_must_check_ int initrd_check(const void *data, size_t len);

/* The same for a file, and for the kernel's configuration, if it lies beside the kernel: has it a
 * reader of each format (CONFIG_RD_...)? e: EXIT_BAD_INPUT. */
_must_check_ int initrd_check_file(const char *path, const char *kernel, struct err *e);

#endif
