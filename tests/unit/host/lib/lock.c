/* SPDX-License-Identifier: MIT */
/* lock.c - tests of locks on files that QEMU locks, too, on all kinds of file systems */
#include "host/lib/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "init/lib/file.h"
#include "tests/lib/lesser_fs.h"
#include "tests/lib/test.h"

static char file[PATH_MAX + 8];

static int again(int flags)
{
	int fd = open(file, flags | O_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

static void one_writer(void)
{
	_cleanup_close_ int a = again(O_RDWR), b = again(O_RDWR), c = again(O_RDONLY);

	CHECK_INT(lock_file(a, false), 0);
	CHECK_INT(lock_file(b, false), -EBUSY);
	CHECK_INT(lock_file(c, true), -EBUSY);
	cleanup_close(&a);
	a = -1;
	CHECK_INT(lock_file(b, false), 0);
}

static void many_readers(void)
{
	_cleanup_close_ int a = again(O_RDONLY), b = again(O_RDONLY), c = again(O_RDWR);

	CHECK_INT(lock_file(a, true), 0);
	CHECK_INT(lock_file(b, true), 0);
	CHECK_INT(lock_file(c, false), -EBUSY);
}

/* QEMU's locks (block/file-posix.c): it reads the image, and holds read locks on bytes for what it
 * does. */
static void qemu_beside_it(void)
{
	_cleanup_close_ int launcher = again(O_RDWR), qemu = again(O_RDWR);
	char text[8] = "";

	CHECK_INT(lock_file(launcher, false), 0);
	for (off_t at = 100; at < 208; at = at == 107 ? 200 : at + 1) {
		struct flock lock = {
			.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1
		};

		CHECK_INT(fcntl(qemu, F_OFD_SETLK, &lock), 0);
	}
	CHECK_INT(pread(qemu, text, 5, 0), 5);
	CHECK_STR(text, "image");
	CHECK_INT(pwrite(qemu, "image", 5, 0), 5);
}

static void tests(const char *top)
{
	snprintf(file, sizeof(file), "%s/file", top);
	CHECK_INT(file_replace(AT_FDCWD, file, "image", 5, 0600), 0);
	RUN(one_writer);
	RUN(many_readers);
	RUN(qemu_beside_it);
}

int main(int argc, char **argv)
{
	(void)argv;
	lesser_run(argc, tests);
	TEST_END();
}
