/* SPDX-License-Identifier: MIT */
/* io_error.c - tests of what is said when the host cannot write a disk, on a real small file system
 */
#include "host/disk/io_error.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "host/lib/host_fs.h"
#include "init/lib/file.h"
#include "tests/lib/scratch.h"
#include "tests/lib/test.h"

/* As the kernel writes them: with and without optional fields, escapes. */
static const char sample[] =
	"21 1 0:5 / /dev rw,nosuid,relatime shared:2 master:1 - devtmpfs devtmpfs rw,mode=755\n"
	"3 1 0:2 / /three rw - tmpfs three rw\n"
	"31 1 8:17 /sub /with\\040space\\134 rw - btrfs /dev/disk\\040x rw,subvol=/sub\n"
	"32 1 0:27 / /cut rw - tmpfs";

static int find(int id, struct host_fs *ret)
{
	char text[sizeof(sample)];

	memcpy(text, sample, sizeof(sample));
	return host_fs_find(text, id, ret);
}

static void mounts(void)
{
	struct host_fs fs;
	char none[] = "";

	CHECK_INT(find(21, &fs), 0);
	CHECK_STR(fs.point, "/dev");
	CHECK_STR(fs.device, "devtmpfs");
	CHECK_INT(find(3, &fs), 0);
	CHECK_STR(fs.point, "/three");
	CHECK_INT(find(31, &fs), 0);
	CHECK_STR(fs.point, "/with space\\");
	CHECK_STR(fs.device, "/dev/disk x");
	CHECK_INT(fs.dev, makedev(8, 17));
	CHECK_INT(find(32, &fs), -ENOENT);
	CHECK_INT(find(1, &fs), -ENOENT);
	CHECK_INT(host_fs_find(none, 1, &fs), -ENOENT);
}

static void fill(int fd)
{
	static const char data[65536] = { 1 };

	while (write(fd, data, sizeof(data)) > 0)
		;
	CHECK_INT(errno, ENOSPC);
}

/* The image on one file system, the layer on another, which is full. */
static void says_which_is_full(void)
{
	const char *const no_space = strerror(ENOSPC);
	struct qemu_disk d[2] = { { "/tmp/a", -1, -1, "qcow2", "one", false, DISK_BY_VIRTIO },
				  { "/tmp/b", -1, -1, "qcow2", "two", false, DISK_BY_SCSI } };
	struct io_error e = { "disk1", "write", no_space, false };
	char text[1024];

	CHECK_INT(mkdir("/tmp/small one", 0700), 0);
	CHECK_INT(mount("/dev/small", "/tmp/small one", "tmpfs", 0, "size=256k"), 0);
	d[1].fd = open("/tmp/b", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	d[1].layer_fd = open("/tmp/small one", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	CHECK(d[1].fd >= 0 && d[1].layer_fd >= 0);
	fill(d[1].layer_fd);
	io_error_text(d, 2, &e, text, sizeof(text));
	CHECK_STR(text, "the host cannot write the throw-away layer of /tmp/b: No space left on "
			"device; the "
			"host's file system /tmp/small one (/dev/small) is full, 0 KiB are left");
	/* What is read lies in the image, as far as we know. */
	e.operation = "read";
	e.reason = "Input/output error";
	io_error_text(d, 2, &e, text, sizeof(text));
	CHECK_STR(text, "the host cannot read /tmp/b: Input/output error; it lies on the host's "
			"file system "
			"/tmp (tmpfs)");
	/* In QEMU's own words only. */
	e = (struct io_error){ "disk1", "write", "", true };
	io_error_text(d, 2, &e, text, sizeof(text));
	CHECK_HAS(text, "is full");
	/* A disk of QEMU_OPTS, or none of ours. */
	e.node = "disk7";
	io_error_text(d, 2, &e, text, sizeof(text));
	CHECK_STR(text, "the host cannot write disk7: ");
}

int main(void)
{
	int r;

	RUN(mounts);
	r = scratch_enter(0);
	if (r < 0)
		SKIP("says_which_is_full", "no mount namespace for this user here");
	else
		RUN(says_which_is_full);
	TEST_END();
}
