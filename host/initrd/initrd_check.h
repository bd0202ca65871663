/* SPDX-License-Identifier: MIT */
/* initrd_check.h - checking that a ready-made initramfs is complete */
#ifndef STOREBOOT_HOST_INITRD_CHECK_H
#define STOREBOOT_HOST_INITRD_CHECK_H

#include <stddef.h>

#include "init/lib/err.h"

/*
 * Reads the archives of an initramfs, as the kernel would: each must have a trailer. Formats that
 * are not unpacked here (bzip2, lzma, lzo) are accepted unread. A pure function. Returns 0,
 * -ENODATA if it is cut short, -EBADMSG if it is damaged, -ENOEXEC if it is not an initramfs,
 * -EFBIG or -ENOMEM.
 */
_must_check_ int initrd_check(const void *data, size_t len);

/*
 * Checks a file like initrd_check. If the kernel's configuration lies beside the kernel, also
 * checks that it has a decompressor for each format (CONFIG_RD_...). Returns 0 or -errno with e
 * (EXIT_BAD_INPUT).
 */
_must_check_ int initrd_check_file(const char *path, const char *kernel, struct err *e);

#endif
