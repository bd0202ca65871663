/* SPDX-License-Identifier: MIT */
/* initrd_check.c - is a ready-made initramfs whole? */
#include "host/initrd/initrd_check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "host/exit.h"
#include "host/initrd/decompress.h"
#include "host/initrd/initrd_read.h"
#include "init/lib/file.h"
#include "init/lib/str.h"

#define INITRD_MAX ((size_t)1 << 30)

int initrd_check(const void *data, size_t len)
{
	_cleanup_(initrd_content_free) struct initrd_content c = { 0 };

	return initrd_read(data, len, &c);
}

int initrd_check_file(const char *path, struct err *e)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct stat st;
	int r = stat(path, &st) < 0 ? -errno : 0;

	/* It is read again for the boot: a pipe would then be empty. */
	if (r == 0 && !S_ISREG(st.st_mode))
		return err_exit(e, EXIT_BAD_INPUT, EINVAL, "initrd %s is no file", path);
	if (r == 0)
		r = file_read(AT_FDCWD, path, INITRD_MAX, &b);
	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "initrd %s: %s", path, strerror(-r));
	r = initrd_check(b.data ? b.data : "", b.len);
	if (r == -ENOEXEC)
		return err_exit(e, EXIT_BAD_INPUT, -r, "%s is no initrd", path);
	return r < 0 ? err_exit(e, EXIT_BAD_INPUT, -r, "the initrd %s %s", path, decompress_why(r)) : 0;
}
