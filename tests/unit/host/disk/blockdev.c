/* SPDX-License-Identifier: MIT */
/* blockdev.c - tests of the disks' arguments: what they say, and that the real QEMU takes them */
#include "host/disk/blockdev.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "host/disk/qemu_img.h"
#include "host/lib/folder.h"
#include "host/lib/proc.h"
#include "init/lib/spawn.h"
#include "tests/lib/test.h"

static void joined(const struct qemu_disk *d, size_t n, struct buf *ret)
{
	_cleanup_argv_ struct argv v = { 0 };

	blockdev_args(d, n, &v);
	CHECK_INT(v.error, 0);
	for (size_t i = 0; i < v.words.n; i++)
		CHECK_INT(buf_addf(ret, "%s\n", v.words.v[i]), 0);
}

static void text(void)
{
	const struct qemu_disk d[] = {
		{ "/a\"b,c:\n\\-", -1, -1, "qcow2", "one", false, DISK_BY_VIRTIO },
		{ "/x", 7, 8, "qcow2", "two,three", false, DISK_BY_VIRTIO },
		{ "/x", 9, -1, "raw", "four", true, DISK_BY_VIRTIO },
		{ NULL, -1, 8, "qcow2", "five", false, DISK_BY_VIRTIO },
	};
	_cleanup_buf_ struct buf b = { 0 };

	joined(d, ARRAY_SIZE(d), &b);
	CHECK_HAS(b.data, "\"disk0-file\",\"read-only\":false,\"discard\":\"unmap\",\"filename\":"
			  "\"/a\\\"b,c:\\n\\\\-\"}");
	CHECK_HAS(b.data,
		  "\"node-name\":\"disk1-base-file\",\"read-only\":true,\"discard\":\"unmap\","
		  "\"filename\":\"/proc/self/fd/7\"");
	CHECK_HAS(b.data, "\"node-name\":\"disk1-base\",\"read-only\":true,\"discard\":\"unmap\","
			  "\"file\":\"disk1-base-file\",\"backing\":null}");
	CHECK_HAS(b.data, "\"node-name\":\"disk1\",\"read-only\":false,\"discard\":\"unmap\","
			  "\"file\":\"disk1-file\",\"backing\":\"disk1-base\"}");
	CHECK_HAS(b.data,
		  "virtio-blk-pci,drive=disk1,werror=report,rerror=report,serial=two,,three\n");
	CHECK_HAS(b.data,
		  "{\"driver\":\"raw\",\"node-name\":\"disk2\",\"read-only\":true,\"discard\":"
		  "\"unmap\",\"file\":\"disk2-file\"}");
	CHECK(!strstr(b.data, "disk3-base"));
}

/* "DEVICE [BUS]" of each -device, for n disks by this interface and one by virtio behind them. */
static void interface(enum disk_interface which, size_t n, const char *want)
{
	struct qemu_disk d[16] = { 0 };
	_cleanup_argv_ struct argv v = { 0 };
	_cleanup_buf_ struct buf got = { 0 };

	for (size_t i = 0; i <= n; i++)
		d[i] = (struct qemu_disk){
			"/x", -1, -1, "raw", "a,b", false, i < n ? which : DISK_BY_VIRTIO
		};
	blockdev_args(d, n + 1, &v);
	CHECK_INT(v.error, 0);
	for (size_t i = 0; i + 1 < v.words.n; i++)
		if (str_eq(v.words.v[i], "-device"))
			CHECK_INT(buf_addf(&got, "%s\n", v.words.v[i + 1]), 0);
	CHECK_STR(got.data, want);
}

#define REST ",werror=report,rerror=report,serial=a,,b\n"

static void interfaces(void)
{
	interface(DISK_BY_VIRTIO, 1,
		  "virtio-blk-pci,drive=disk0" REST "virtio-blk-pci,drive=disk1" REST);
	interface(DISK_BY_SCSI, 2,
		  "virtio-scsi-pci,id=scsi0\nscsi-hd,drive=disk0,bus=scsi0.0" REST
		  "scsi-hd,drive=disk1,bus=scsi0.0" REST "virtio-blk-pci,drive=disk2" REST);
	interface(DISK_BY_IDE, 7,
		  "ich9-ahci,id=ide0\nide-hd,drive=disk0,bus=ide0.0" REST
		  "ide-hd,drive=disk1,bus=ide0.1" REST "ide-hd,drive=disk2,bus=ide0.2" REST
		  "ide-hd,drive=disk3,bus=ide0.3" REST "ide-hd,drive=disk4,bus=ide0.4" REST
		  "ide-hd,drive=disk5,bus=ide0.5" REST
		  "ich9-ahci,id=ide1\nide-hd,drive=disk6,bus=ide1.0" REST
		  "virtio-blk-pci,drive=disk7" REST);
}

static char top[PATH_MAX], qemu[PATH_MAX], qemu_img[PATH_MAX];

#define IDE_DISKS 7 /* more than a controller has room for */

/* A path of every hard kind of byte, by name and as an inherited file; a layer over it; each
 * interface. */
static void the_real_qemu_takes_them(void)
{
	static const char commands[] =
		"{\"execute\":\"qmp_capabilities\"}{\"execute\":\"query-block\"}"
		"{\"execute\":\"quit\"}";
	const struct qemu_img tool = { .program = qemu_img, .format = "qcow2" };
	char file[PATH_MAX + 64], layer[PATH_MAX + 64], raw[IDE_DISKS][PATH_MAX + 64];
	struct qemu_disk d[4 + IDE_DISKS] = {
		{ file, -1, -1, "qcow2", "by name", true, DISK_BY_VIRTIO },
		{ file, -1, -1, "qcow2", "by file", true, DISK_BY_VIRTIO },
		{ file, -1, -1, "qcow2", "below", false, DISK_BY_SCSI },
		{ file, -1, -1, "qcow2", "read", true, DISK_BY_SCSI }
	};
	static const char *const fixed[] = {
		"-nodefaults", "-no-user-config", "-S",	  "-display", "none",
		"-machine",    "q35,accel=tcg",	  "-qmp", "stdio",    NULL
	};
	_cleanup_argv_ struct argv v = { 0 };
	_cleanup_buf_ struct buf out = { 0 }, said = { 0 };
	struct err e = { 0 };
	int status = -1, in;

	snprintf(file, sizeof(file), "%s/-a,b: \"c\"\n\\\xc3\xa4.qcow2", top);
	snprintf(layer, sizeof(layer), "%s/layer", top);
	CHECK_INT(folder_write(top, "in", commands, strlen(commands), &e), 0);
	close(open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	close(open(layer, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	CHECK_INT(qemu_img_create(&tool, file, 1 << 20, &e), 0);
	CHECK_INT(qemu_img_create(&tool, layer, 2 << 20, &e), 0);
	for (size_t i = 0; i < IDE_DISKS; i++) {
		snprintf(raw[i], sizeof(raw[i]), "%s/raw%zu", top, i);
		close(open(raw[i], O_CREAT | O_RDWR | O_CLOEXEC, 0600));
		CHECK_INT(truncate(raw[i], 1 << 20), 0);
		d[4 + i] =
			(struct qemu_disk){ raw[i], -1,		-1, "raw", "12345678901234567890",
					    false,  DISK_BY_IDE };
	}
	d[1].fd = open(file, O_RDONLY);
	d[2].fd = open(file, O_RDONLY);
	d[2].layer_fd = open(layer, O_RDWR);
	snprintf(layer, sizeof(layer), "%s/in", top);
	in = open(layer, O_RDONLY | O_CLOEXEC);
	argv_words(&v, qemu);
	argv_list(&v, fixed);
	blockdev_args(d, ARRAY_SIZE(d), &v);
	CHECK_INT(v.error, 0);

	const struct spawn s = { .path = qemu,
				 .argv = (const char *const *)v.words.v,
				 .stdin_fd = in,
				 .timeout_ms = 60000 };

	CHECK_INT(spawn_run(&s, &out, &said, &status), 0);
	CHECK_STR(said.data ? said.data : "", "");
	CHECK_INT(status, 0);
	CHECK_HAS(out.data, "\"virtual-size\": 2097152");
	CHECK_HAS(out.data, "\"backing_file_depth\": 1");
	CHECK_HAS(out.data, "\"node-name\": \"disk10\"");
}

int main(void)
{
	struct err e = { 0 };

	if (proc_find(NULL, "qemu-img", "qemu-utils", qemu_img, &e) < 0 ||
	    proc_find(NULL, "qemu-system-x86_64", "qemu-system-x86", qemu, &e) < 0 ||
	    folder_make(top, &e) < 0) {
		printf("# %s\n", e.text);
		return 1;
	}
	RUN(text);
	RUN(interfaces);
	RUN(the_real_qemu_takes_them);
	folder_remove(top);
	TEST_END();
}
