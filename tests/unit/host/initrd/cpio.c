/* SPDX-License-Identifier: MIT */
/* cpio.c - tests of the archive's bytes */
#include "host/initrd/cpio.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "host/initrd/initrd.h"
#include "tests/lib/test.h"

/* The whole of a small archive, byte by byte: what the kernel's buffer format document says. */
static void bytes_are_the_formats(void)
{
	static const char want[] = "070701"
				   "00000001" /* ino */
				   "000041ed" /* mode: folder 0755 */
				   "00000000" /* uid */
				   "00000000" /* gid */
				   "00000002" /* nlink */
				   "00000000" /* mtime */
				   "00000000" /* size */
				   "00000000" /* dev */
				   "00000000"
				   "00000000" /* rdev */
				   "00000000"
				   "00000004" /* name's size */
				   "00000000" /* checksum */
				   "dev\0\0\0"
				   "070701"
				   "00000002"
				   "00002180" /* character device 0600 */
				   "00000000"
				   "00000000"
				   "00000001"
				   "00000000"
				   "00000000"
				   "00000000"
				   "00000000"
				   "00000005"
				   "00000001"
				   "0000000c"
				   "00000000"
				   "dev/console\0\0\0"
				   "070701"
				   "00000003"
				   "000081ed" /* file 0755 */
				   "00000000"
				   "00000000"
				   "00000001"
				   "00000000"
				   "00000003"
				   "00000000"
				   "00000000"
				   "00000000"
				   "00000000"
				   "00000005"
				   "00000000"
				   "init\0\0"
				   "abc\0"
				   "070701"
				   "00000000"
				   "00000000"
				   "00000000"
				   "00000000"
				   "00000001"
				   "00000000"
				   "00000000"
				   "00000000"
				   "00000000"
				   "00000000"
				   "00000000"
				   "0000000b"
				   "00000000"
				   "TRAILER!!!\0\0\0\0";
	_cleanup_buf_ struct buf b = { 0 };
	struct cpio c;

	CHECK_INT(buf_add(&b, "xyz", 3), 0); /* an archive starts where it starts */
	cpio_begin(&c, &b);
	CHECK_INT(cpio_folder(&c, "dev", 0755), 0);
	CHECK_INT(cpio_char_device(&c, "dev/console", 0600, 5, 1), 0);
	CHECK_INT(cpio_file(&c, "init", 0755, "abc", 3), 0);
	CHECK_INT(cpio_end(&c), 0);
	CHECK_INT(b.len - 3, sizeof(want) - 1);
	CHECK_INT((b.len - 3) % 4, 0);
	CHECK(memcmp(b.data + 3, want, sizeof(want) - 1) == 0);
}

static void long_names_are_refused(void)
{
	_cleanup_buf_ struct buf b = { 0 };
	char name[PATH_MAX + 1];
	struct cpio c;

	memset(name, 'a', sizeof(name));
	name[PATH_MAX] = '\0';
	cpio_begin(&c, &b);
	CHECK_INT(cpio_folder(&c, name, 0755), -ENAMETOOLONG);
	name[PATH_MAX - 1] = '\0';
	CHECK_INT(cpio_folder(&c, name, 0755), 0);
}

static bool names(const struct buf *b, const char *name)
{
	return memmem(b->data, b->len, name, strlen(name) + 1) != NULL;
}

static void extra_file_brings_its_folders(void)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct err e = { 0 };
	size_t len;

	CHECK_INT(initrd_extra_file("a/b/c", 0644, "hi", 2, &b, &e), 0);
	CHECK(names(&b, "a") && names(&b, "a/b") && names(&b, "a/b/c") && names(&b, "TRAILER!!!"));
	CHECK_INT(b.len % 4, 0);
	CHECK_INT(buf_add(&b, "odd", 3), 0);
	len = b.len;
	CHECK_INT(initrd_extra_file("d", 0755, "hi", 2, &b, &e), 0);
	CHECK(memcmp(b.data + len,
		     "\0"
		     "070701",
		     7) == 0);
	CHECK(memmem(b.data + len, b.len - len, "000081ed", 8) != NULL); /* its mode, 0100755 */
	CHECK_INT(initrd_extra_file("/etc/x", 0644, "", 0, &b, &e), -EINVAL);
	CHECK_HAS(e.text, "/etc/x");
	CHECK_INT(initrd_extra_file("etc/", 0644, "", 0, &b, &e), -EINVAL);
	CHECK_INT(initrd_extra_file("", 0644, "", 0, &b, &e), -EINVAL);
}

int main(void)
{
	RUN(bytes_are_the_formats);
	RUN(long_names_are_refused);
	RUN(extra_file_brings_its_folders);
	TEST_END();
}
