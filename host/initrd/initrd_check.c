/* SPDX-License-Identifier: MIT */
/* initrd_check.c - checking that a ready-made initramfs is complete */
#include "host/initrd/initrd_check.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "host/lib/exit.h"
#include "host/initrd/initrd_read.h"
#include "host/initrd/kernel.h"
#include "init/lib/file.h"
#include "init/lib/str.h"

#define INITRD_MAX ((size_t)1 << 30)

int initrd_check(const void *data, size_t len)
{
	_cleanup_(initrd_content_free) struct initrd_content c = { 0 };

	return initrd_read(data, len, &c);
}

/* Refuses a packed part if the kernel is known to lack its decompressor. */
static int check_readers(const char *path, const struct initrd_content *c, const char *kernel,
			 const char *release, struct err *e)
{
	char config[32];

	for (size_t i = 0; i < c->n_parts; i++) {
		const char *format = c->parts[i].format;

		if (str_eq(format, "cpio") ||
		    str_format(config, sizeof(config), "RD_%s", format) < 0)
			continue;
		for (char *p = config; *p; p++)
			*p = (char)toupper((unsigned char)*p);
		if (kernel_config(kernel, release, -1, config) == 0)
			return err_exit(
				e, EXIT_BAD_INPUT, ENOTSUP,
				"kernel %s cannot read the initrd %s, which is packed by %s: it lacks "
				"CONFIG_%s",
				release, path, format, config);
	}
	return 0;
}

int initrd_check_file(const char *path, const char *kernel, struct err *e)
{
	_cleanup_(initrd_content_free) struct initrd_content c = { 0 };
	_cleanup_buf_ struct buf b = { 0 };
	struct kernel k;
	struct stat st;
	int r = stat(path, &st) < 0 ? -errno : 0;

	/* The file is read again for the boot; a pipe would be empty by then. */
	if (r == 0 && !S_ISREG(st.st_mode))
		return err_exit(e, EXIT_BAD_INPUT, EINVAL, "initrd %s is no file", path);
	if (r == 0)
		r = file_read(AT_FDCWD, path, INITRD_MAX, &b);
	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "initrd %s: %s", path, strerror(-r));
	r = initrd_read(b.data ? b.data : "", b.len, &c);
	if (r == -ENOEXEC)
		return err_exit(e, EXIT_BAD_INPUT, -r, "%s is no initrd", path);
	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, -r, "the initrd %s %s", path, initrd_why(r));
	r = kernel_read(kernel, &k, e);
	return r < 0 ? r : check_readers(path, &c, kernel, k.release, e);
}
